// One instance with a latency model whose times the test chooses, and requests made of numbered
// tokens.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/instance.h"
#include "kv/single_tier_cache.h"
#include "request/request.h"

namespace blis::testing {

/// Every step lasts the same; no request influences it unless prompt tokens are given a price.
class FixedLatency final : public latency::LatencyModel {
 public:
  std::int64_t queueing_us = 0;
  std::int64_t step_us = 1000;
  std::int64_t prompt_token_us = 0;
  std::int64_t token_us = 0;
  std::int64_t post_decode_us = 0;

  Micros step_time(const latency::StepBatch& batch) const override {
    return Micros(step_us + prompt_token_us * batch.prefill_tokens);
  }
  Micros queueing_time(std::int64_t) const override { return Micros(queueing_us); }
  Micros output_token_processing_time() const override { return Micros(token_us); }
  Micros post_decode_overhead() const override { return Micros(post_decode_us); }
};

/// An instance driven by itself until nothing is pending.
class EngineBench : public engine::InstanceListener {
 public:
  struct End {
    RequestId request;
    request::TerminalOutcome outcome;
    Micros at;
  };

  engine::InstanceConfig config{.block_size_tokens = 16, .total_kv_blocks = 1024};
  FixedLatency latency;
  SymbolTable symbols;
  request::RequestTable requests;
  std::vector<End> ends;

  /// A request for `input` tokens first_token, first_token + 1, … and `output` more, injected at
  /// its arrival.
  RequestId add(std::int64_t input, std::int64_t output, std::int32_t first_token = 0,
                Micros arrival = Micros(), Micros deadline = Micros()) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(input + output));
    std::iota(tokens.begin(), tokens.end(), first_token);
    return add_tokens(std::move(tokens), input, output, arrival, deadline);
  }
  RequestId add_tokens(std::vector<std::int32_t> tokens, std::int64_t input, std::int64_t output,
                       Micros arrival = Micros(), Micros deadline = Micros()) {
    return inject(make_spec(std::move(tokens), input, output, arrival, deadline));
  }
  /// As add(), with a LoRA adapter.
  RequestId add_with_adapter(std::string_view adapter, std::int64_t input, std::int64_t output,
                             std::int32_t first_token = 0, Micros arrival = Micros(),
                             Micros deadline = Micros()) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(input + output));
    std::iota(tokens.begin(), tokens.end(), first_token);
    request::RequestSpec spec = make_spec(std::move(tokens), input, output, arrival, deadline);
    spec.adapter = symbols.intern(adapter);
    return inject(std::move(spec));
  }
  /// LoRA adapters that cost what `lora` says. Before the instance's first use.
  void declare(const model::LoraConfig& lora) {
    auto settings = std::make_shared<engine::AdapterSettings>();
    settings->capacity = lora.adapter_capacity.value();
    settings->cost = std::make_shared<model::LoraCostModel>(lora);
    for (const model::LoraAdapter& adapter : lora.adapters) {
      settings->ranks[symbols.intern(adapter.id)] = adapter.rank;
    }
    config.adapters = std::move(settings);
  }

  /// Built at its first use, so that a test can change `config` and `latency` before.
  engine::Instance& instance() {
    if (!instance_) {
      instance_ = std::make_unique<engine::Instance>(
          InstanceId(std::uint32_t{0}), config, latency,
          std::make_unique<kv::SingleTierCache>(config.total_kv_blocks, config.block_size_tokens),
          priorities_, requests, symbols, *this);
    }
    return *instance_;
  }

  void run() {
    constexpr std::int64_t kTooManyEvents = 1'000'000;
    for (std::int64_t n = 0; instance().next_event_time() < Micros::max(); ++n) {
      if (n == kTooManyEvents) {
        ADD_FAILURE() << "the engine never comes to an end";
        break;
      }
      instance().process_next_event();
    }
    instance().finalize();
  }

  void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) override {
    ends.push_back({request, outcome, at});
  }

  const request::Measurements& measured(RequestId id) const { return requests[id].measured; }
  const engine::InstanceMetrics& metrics() { return instance().metrics(); }

 private:
  request::RequestSpec make_spec(std::vector<std::int32_t> tokens, std::int64_t input,
                                 std::int64_t output, Micros arrival, Micros deadline) const {
    request::BlockKeyChain chain(config.block_size_tokens);
    const std::span<const std::int32_t> all(tokens);
    chain.append(all.first(static_cast<std::size_t>(input)));
    request::RequestSpec spec;
    spec.name.number = static_cast<std::int64_t>(requests.size());
    spec.arrival = arrival;
    spec.deadline = deadline;
    spec.input_tokens = input;
    spec.output_tokens = output;
    spec.keys =
        request::make_token_keys(std::move(chain), all.subspan(static_cast<std::size_t>(input)));
    return spec;
  }
  RequestId inject(request::RequestSpec spec) {
    const Micros arrival = spec.arrival;
    const RequestId id = requests.add(std::move(spec));
    instance().inject(id, arrival);
    return id;
  }

  engine::SloPriorities priorities_;
  std::unique_ptr<engine::Instance> instance_;
};

}  // namespace blis::testing
