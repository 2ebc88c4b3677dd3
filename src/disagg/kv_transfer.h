// How long the KV cache of a prompt travels from its prefill to its decode instance.
//
//   bytes    = blocks * (block size * KV bytes per token)                       [bytes, of one
//   tensor-parallel rank] rate     = bandwidth * 1000, divided by the transfers under way if they
//   share the link   [bytes per µs] duration = max(1, ceil(base latency + bytes / rate)) [µs]
//
// Every rank sends its own shard over its own link; the last partial block is charged in full. With
// contention a transfer's share is fixed when it starts: later ones do not slow it down. SOURCE
// spec disaggregation 7.
#pragma once

#include <cstdint>

#include "base/micros.h"

namespace blis::disagg {

struct TransferConfig {
  double bandwidth_gb_per_s = 25.0;
  double base_latency_ms = 0.05;
  bool contention = false;
  double kv_bytes_per_token = 0;  ///< per tensor-parallel rank of the prefill pool
  std::int64_t block_size_tokens = 16;
};

/// The transfers of one run, all over one fabric.
class KvTransfers {
 public:
  explicit KvTransfers(const TransferConfig& config) : config_(config) {}

  /// One more transfer of this many blocks; its duration.
  Micros start(std::int64_t blocks);
  void complete();

  bool has_contention() const { return config_.contention; }
  std::int64_t peak_concurrent() const { return peak_; }
  /// Transfers under way at each start, itself included, on average; 0 without any.
  double mean_depth() const;

 private:
  TransferConfig config_;
  // Only counted with contention.
  std::int64_t active_ = 0;
  std::int64_t peak_ = 0;
  std::int64_t depth_sum_ = 0;
  std::int64_t starts_ = 0;
};

}  // namespace blis::disagg
