// disagg: which instance plays which part when prompts and answers are computed on different
// instances, who is split, and how long KV travels.
//
// Plain rules and book-keeping: pools.h deals out roles by index, decider.h says whether a request
// is split and whether it visits the encode pool, kv_transfer.h times transfers. The life of a
// split request, from its routing to what is reported of it, is cluster/disaggregation_pipeline.h.
// Does not know: events, queues, the engine. SOURCE spec disaggregation. Guide:
// docs/disaggregation.md.
#pragma once
