// kv: which KV blocks exist, who holds them, and what can be reused.
//
// One KvStore per instance hands out GPU blocks, remembers the key of every full block and finds
// the longest cached prefix of a request. Tiers below it (host memory, disk) keep evicted blocks;
// moving blocks takes simulated time, which the engine adds to its step. Does not know: who is
// scheduled next, the gateway, output lengths. Start at kv_store.h. Laws: spec kv-cache 12. Cost:
// O(blocks touched) per call, never O(pool).
#pragma once
