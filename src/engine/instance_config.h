// Settings of one instance, with their defaults. SOURCE spec engine 2.1.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/micros.h"
#include "engine/adapter_cache.h"
#include "engine/speculation.h"
#include "script/policy_script.h"

namespace blis::engine {

/// Who executes the steps; the results are the same.
enum class StepperKind : std::uint8_t {
  kFast,   ///< at the cost of what happens; request by request only where blocks are scarce
  kPlain,  ///< request by request, as the specification tells it
};

struct InstanceConfig {
  Micros horizon = Micros::max();
  std::int64_t max_num_seqs = 256;
  std::int64_t max_num_batched_tokens = 2048;
  std::int64_t long_prefill_token_threshold = 0;  ///< 0 = off
  std::int64_t max_model_len_tokens = 0;          ///< 0 = unlimited
  std::int64_t block_size_tokens = 16;
  std::int64_t total_kv_blocks = 1'000'000;
  std::string scheduler = "fcfs";
  std::string preemption_policy = "fcfs";
  StepperKind stepper = StepperKind::kFast;
  /// No step begins before the last one has ended, and a completed prefill hands its KV over then.
  /// The reference does both at the start of a step that leaves nobody running.
  bool step_effects_at_end = false;
  SpeculationConfig speculation{};
  std::shared_ptr<const AdapterSettings> adapters{};     ///< nullptr: LoRA adapters cost nothing
  std::shared_ptr<const script::PolicyScript> script{};  ///< of the scheduler called script
};

}  // namespace blis::engine
