// model: what an LLM and a GPU are, as numbers: architecture from a Hugging Face config.json, the
// hardware catalogue, the fitted coefficients, and how many KV blocks fit beside the weights.
//
// Everything here is start-up work: files in, plain structs out, errors with locations. Knows
// neither time nor requests. Start at architecture.h. SOURCE spec latency 2-5, 10, 13, 14. Laws:
// spec latency 18.
#pragma once
