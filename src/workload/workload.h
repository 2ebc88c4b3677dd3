// workload: from a description of traffic (YAML spec, token flags, preset, ServeGen data set,
// inference-perf stages) to the ordered stream of requests that a run consumes, and the closed-loop
// sessions that answer completions with new requests.
//
//   flags -- run_workload.h --+
//   file --- spec_reader.h ---+-- WorkloadSpec -- generate.h --+-- RequestSource: first requests
//   others - convert.h -------+                                +-- SessionManager: follow-ups
//
// Inside generate(), see generation/: expand (inference_perf, ServeGen, cohorts), validate, rates
// and prefixes, one producer per client on its own random stream, one merge by (arrival, client)
// that serves eager and lazy mode alike. Tokens are drawn, folded into KV block keys, forgotten.
//
// A workload is a pure function of its description and its seed. Does not know: instances,
// policies, what the time is. Start at generate.h. SOURCE spec workload. Laws: spec workload 22.
#pragma once
