// config: flags, policy bundle, trace header and defaults, resolved into one validated, immutable
// description of a run.
//
// flags/ says what can be written on a command line (flag.h) and drives help, completion and docs
// from the same tables. The rest turns what was written into the config structs of the rooms:
// model_resolution.h (which model on which GPU), policy_bundle.h and policy_resolution.h (who wins
// between flag, bundle and default), kv_offload_resolution.h, disaggregation_checks.h; deployment.h
// puts it together. The only place that knows where a value came from; reads no environment. SOURCE
// spec cli 3-11.
#pragma once
