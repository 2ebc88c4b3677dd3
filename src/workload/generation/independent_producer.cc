// Requests that have nothing to do with each other: an arrival process, a pair of lengths.

#include "workload/arrival_process.h"
#include "workload/generation/client_producer.h"
#include "workload/generation/client_stream.h"

namespace blis::workload {
namespace {

class IndependentProducer final : public ClientProducer {
 public:
  IndependentProducer(const ProducerSetup& setup, double rate_per_us)
      : setup_(setup),
        arrivals_(setup, rate_per_us),
        input_length_(context().samplers.get(spec().input_distribution, *setup.client)),
        output_length_(context().samplers.get(spec().output_distribution, *setup.client)) {}

  std::optional<std::int64_t> next_arrival_us() override {
    if (!pending_us_) {
      pending_us_ = arrivals_.next_active_us(count_);
      if (pending_us_ && spec().multimodal) build_multimodal_samplers();
    }
    return pending_us_;
  }

  Produced take() override {
    const std::int64_t arrival_us = *pending_us_;
    pending_us_.reset();
    ++count_;
    Produced produced = spec().multimodal
                            ? draw_multimodal_request(context(), *setup_.client, arrivals_.stream(),
                                                      output_length_, arrival_us, setup_.prefix)
                            : draw_request(context(), *setup_.client, arrivals_.stream(),
                                           input_length_, output_length_, arrival_us,
                                           IndependentLabels{setup_.prefix, true, true});
    produced.client_index = setup_.client_index;
    return produced;
  }

 private:
  DrawingContext& context() const { return *setup_.context; }
  const ClientSpec& spec() const { return *setup_.client->spec; }

  /// Parts are not validated with the spec: a broken one is noticed at the first request.
  void build_multimodal_samplers() {
    const MultimodalSpec& parts = *spec().multimodal;
    const auto build = [&](const DistributionSpec& distribution) {
      context().samplers.get(distribution, *setup_.client);
    };
    if (parts.text_distribution.is_set()) build(parts.text_distribution);
    const auto build_pair = [&](const DistributionSpec& length, const DistributionSpec& count) {
      if (!length.is_set() || !count.is_set()) return;
      build(length);
      build(count);
    };
    build_pair(parts.image_distribution, parts.image_count_distribution);
    build_pair(parts.audio_distribution, parts.audio_count_distribution);
    build_pair(parts.video_distribution, parts.video_count_distribution);
  }

  ProducerSetup setup_;
  ClientArrivals arrivals_;
  LengthSampler& input_length_;
  LengthSampler& output_length_;
  std::int64_t count_ = 0;
  std::optional<std::int64_t> pending_us_;
};

}  // namespace

std::unique_ptr<ClientProducer> make_independent_producer(const ProducerSetup& setup,
                                                          double rate_per_us) {
  return std::make_unique<IndependentProducer>(setup, rate_per_us);
}

}  // namespace blis::workload
