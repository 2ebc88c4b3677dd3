// The four questions that the engine asks about time.
//
// A step's duration depends on its batch only through a few integer sums (spec latency 19), so the
// engine keeps those sums and a model never walks the batch. The exception is a model whose terms
// round one by one (roofline): it says so with needs_decode_contexts() and then gets the context of
// every decoding request, in batch order.
//
// To add a model: <name>.cc, a row in latency_models.def, a test, a row in docs/latency.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/micros.h"
#include "model/architecture.h"
#include "model/gpu.h"

namespace blis::latency {

/// One request that prefills in this step.
struct PrefillChunk {
  std::int64_t progress_tokens =
      0;  ///< p: prompt tokens processed before the step (0 for a request admitted in it)
  std::int64_t new_tokens = 0;     ///< n > 0
  std::int64_t prompt_tokens = 0;  ///< s
};

/// The requests that got tokens in one step. Requests past their prompt without planned output
/// count in `requests` only.
struct StepBatch {
  std::int64_t requests = 0;           ///< B: all of them
  std::int64_t prefill_tokens = 0;     ///< sum of n over prefills
  std::int64_t prefill_attention = 0;  ///< sum of n * (2 s + n) over prefills
  std::int64_t decode_requests = 0;
  std::int64_t decode_context_tokens = 0;  ///< sum of p over decodes
  std::span<const PrefillChunk> prefills;  ///< batch order
  std::span<const std::int64_t>
      decode_contexts;  ///< p of each decode, batch order; only if the model needs it

  // Only with speculative decoding, where a decode verifies 1 + extra tokens over one context.
  std::int64_t extra_decode_tokens = 0;                    ///< sum of extra over decodes
  std::int64_t extra_decode_attention = 0;                 ///< sum of extra * p over decodes
  std::span<const std::int64_t> extra_decode_tokens_each;  ///< batch order; empty = none

  /// Tokens that the i-th decode has in this step.
  std::int64_t decode_tokens(std::size_t i) const {
    return extra_decode_tokens_each.empty() ? 1 : 1 + extra_decode_tokens_each[i];
  }

  void add_prefill(const PrefillChunk& chunk) {
    ++requests;
    prefill_tokens += chunk.new_tokens;
    prefill_attention += chunk.new_tokens * (2 * chunk.prompt_tokens + chunk.new_tokens);
  }
};

/// Immutable; may be shared between instances and threads.
class LatencyModel {
 public:
  virtual ~LatencyModel() = default;

  /// Duration of one step, at least 1 µs, also for an empty batch. Without KV reload time and
  /// adapter overhead.
  virtual Micros step_time(const StepBatch& batch) const = 0;
  /// True if step_time reads StepBatch::decode_contexts.
  virtual bool needs_decode_contexts() const { return false; }
  /// Delay between a request's arrival at the instance and its entry into the wait queue; overlaps
  /// freely.
  virtual Micros queueing_time(std::int64_t prompt_tokens) const = 0;
  /// Added to every inter-token latency and once to TTFT; never delays the engine.
  virtual Micros output_token_processing_time() const = 0;
  /// Added once to the E2E of a request with planned output.
  virtual Micros post_decode_overhead() const = 0;
};

/// What a latency model is built from. SOURCE spec latency 8.1, 9.
struct LatencyConfig {
  std::string backend = "trained-physics";
  std::vector<double> alpha;  ///< at least 3, µs
  std::vector<double> beta;   ///< trained-physics only, at least 7
  std::int64_t tensor_parallel = 1;
  std::int64_t data_parallel = 1;
  /// Popularity of the i-th most popular expert of a layer is i^-z; 0 = all alike. Ours.
  double expert_zipf_exponent = 0;
  std::string moe_comm_backend;  ///< "" = allgather_reducescatter
};

/// A latency model by name.
struct LatencyModelEntry {
  std::string_view name;
  std::unique_ptr<LatencyModel> (*make)(const LatencyConfig&, const model::Architecture&,
                                        const model::Gpu&);
  std::string_view help;
};

std::span<const LatencyModelEntry> latency_model_entries();
const LatencyModelEntry* find_latency_model(
    std::string_view name);  ///< nullptr if there is no such model

/// Builds the model that `config.backend` names ("" = roofline). THROWS ConfigError naming the
/// quantity that is out of range.
std::unique_ptr<LatencyModel> make_latency_model(const LatencyConfig& config,
                                                 const model::Architecture& architecture,
                                                 const model::Gpu& gpu);

}  // namespace blis::latency
