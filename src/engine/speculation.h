// Speculative decoding: a cheap draft guesses the next tokens of every decoding request, and one
// step of the model verifies them all. An extension; off by default.
//
// Each request that decodes gets k drafts, k = draft_tokens unless the step's token budget or the
// context limit leaves less. Guesses are right independently with the probability a, and those
// behind the first wrong one are void; the verifying step adds one token of its own. So a step
// makes
//
//   accepted + 1 tokens,   E[accepted + 1] = 1 + a + a^2 + ... + a^k = (1 - a^(k+1)) / (1 - a)
//
// but not more than the answer still needs. "sampled" draws the accepted guesses of every request
// and step from a stream of the instance's own; "expected" gives every request the expectation, in
// whole tokens, the rest being carried to its next step. The step takes
//
//   step(k + 1 new tokens for each decode, and the prefills) + k * c * step(the decodes alone,
//   one new token each)                                                                     [µs]
//
// with c the time of one pass of the draft over that of the model. All k + 1 tokens count against
// the token budget; only accepted ones take KV blocks. The tokens of a step arrive together: the
// first has the latency of the step, the others only their post-processing.
//
// SOURCE        Leviathan, Kalman, Matias: "Fast Inference from Transformers via Speculative
//               Decoding", ICML 2023, eq. 1 and section 3.3; budget and names of the counts: vLLM.
// NOT MODELLED  acceptance that depends on text, position or load, trees of drafts, KV and memory
// of
//               the draft model, look-ahead slots for rejected tokens, prefill by the draft model.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "latency/latency_model.h"
#include "random/random_stream.h"

namespace blis::engine {

enum class SpeculationMode : std::uint8_t { kExpected, kSampled };

struct SpeculationConfig {
  std::int64_t draft_tokens = 0;  ///< k; 0 = off
  double acceptance_rate = 0;     ///< a, in [0, 1]
  double draft_cost_ratio = 0;    ///< c, >= 0
  SpeculationMode mode = SpeculationMode::kExpected;
  std::int64_t run_seed = 42;

  bool is_on() const { return draft_tokens > 0; }
};

/// What came of it.
struct SpeculationCounts {
  std::int64_t drafts = 0;           ///< times that a request was drafted for
  std::int64_t draft_tokens = 0;     ///< tokens guessed
  std::int64_t accepted_tokens = 0;  ///< guesses that became part of an answer
  Micros draft_time;                 ///< added to steps

  void add(const SpeculationCounts& other);
  /// Guesses accepted / guesses; 0 without any.
  double acceptance_ratio() const;
  /// Tokens per drafted step of a request, the model's own included; 0 without any.
  double mean_accepted_length() const;
};

/// E[accepted + 1] for k drafts.
double expected_tokens(double acceptance_rate, std::int64_t drafts);

/// The speculation of one instance.
class Speculation {
 public:
  /// Draws, if it does, from the stream "speculative-decoding-<instance>" of the run.
  Speculation(const SpeculationConfig& config, InstanceId instance);

  std::int64_t draft_tokens() const { return config_.draft_tokens; }
  void begin_step() { made_.clear(); }
  /// Tokens that the request makes in this step with so many drafts, at most `needed`.
  /// REQUIRES needed >= 1; once per request and step. With 0 drafts nothing is drawn.
  std::int64_t make_tokens(RequestId request, std::int64_t drafts, std::int64_t needed);
  /// What make_tokens() said in this step; 1 if it was not asked. The request gets its tokens.
  std::int64_t book(RequestId request);
  /// Time that the draft took for this batch.
  Micros draft_time(const latency::LatencyModel& model, const latency::StepBatch& batch);
  /// The request runs no more.
  void forget(RequestId request) { carried_.erase(request.value()); }
  const SpeculationCounts& counts() const { return counts_; }

 private:
  struct Made {
    std::int64_t tokens = 1;
    std::int64_t drafts = 0;
  };

  SpeculationConfig config_;
  random::RandomStream stream_;
  absl::flat_hash_map<std::uint32_t, Made> made_;       ///< in this step
  absl::flat_hash_map<std::uint32_t, double> carried_;  ///< parts of tokens, in [0, 1)
  SpeculationCounts counts_;
};

}  // namespace blis::engine
