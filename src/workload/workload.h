// workload: from a description of traffic (YAML spec, token flags, preset, ServeGen data set, inference-perf stages) to the
// ordered stream of requests that a run consumes, and the closed-loop sessions that answer completions with new requests.
//
// One generator core serves eager and lazy mode; every random number comes from src/random with the streams of the spec, so
// a workload is a pure function of its description and seed. Does not know: instances, time of simulation, policies.
// SOURCE spec workload. Laws: spec workload 22.
#pragma once
