// engine: one model-server instance: wait queue, scheduler, batch formation, the step, deadlines,
// and what it measures.
//
// Continuous batching as vLLM does it: every step first serves the running requests (one decode
// token each, or a prefill chunk), preempting from the tail when KV blocks run out, then admits
// from the wait queue while the token budget lasts. An Instance is a handful of timed slots (the
// pending step, arrivals in transit, deadlines) that its owner drives one event at a time. Does not
// know: other instances, the gateway, what an output length will be before the batch sees it. Start
// at instance.h. Laws: spec engine 15.
#pragma once
