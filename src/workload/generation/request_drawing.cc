#include "workload/generation/request_drawing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "workload/wrapping.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kDefaultSessionTimeoutUs = 300'000'000;

/// No tokenizer and no model has requests of this length; a distribution that draws one is broken.
constexpr std::int64_t kMaxTokens = std::int64_t{1} << 31;

void check_token_count(std::int64_t count, std::string_view client) {
  if (count < 0 || count > kMaxTokens) {
    throw ConfigError(
        fmt::format("client \"{}\": a length distribution drew {} tokens; a request has 0 to {}",
                    client, count, kMaxTokens));
  }
}

void set_deadline(Produced& produced, const TrafficClient& client) {
  request::RequestSpec& request = produced.request;
  request.deadline =
      deadline_of(request.arrival, client.spec->timeout_us, client.spec->is_closed_loop());
}

/// Σ of `count` items of the modality; nothing is drawn unless both distributions are given.
std::int64_t draw_modality(DrawingContext& context, const TrafficClient& client,
                           random::RandomStream& stream, const DistributionSpec& length,
                           const DistributionSpec& count) {
  if (!length.is_set() || !count.is_set()) return 0;
  LengthSampler& count_sampler = context.samplers.get(count, client);
  LengthSampler& length_sampler = context.samplers.get(length, client);
  std::int64_t total = 0;
  const std::int64_t items = count_sampler.sample(stream);
  check_token_count(std::max<std::int64_t>(0, items),
                    client.spec->id);  // an item has at least one token
  for (std::int64_t i = 0; i < items; ++i) {
    total = wrapping_add(total, length_sampler.sample(stream));
  }
  return total;
}

}  // namespace

Micros deadline_of(Micros arrival, std::optional<std::int64_t> timeout_us, bool is_session) {
  if (!timeout_us) return is_session ? arrival + Micros(kDefaultSessionTimeoutUs) : Micros(0);
  return *timeout_us == 0 ? Micros(0) : arrival + Micros(*timeout_us);
}

void draw_tokens(random::RandomStream& stream, std::int64_t count, std::string_view client,
                 std::vector<std::int32_t>& tokens) {
  check_token_count(count, client);
  tokens.resize(static_cast<std::size_t>(count));
  stream.tokens(tokens);
}

void skip_tokens(random::RandomStream& stream, std::int64_t count, std::string_view client) {
  check_token_count(count, client);
  stream.skip_tokens(count);
}

LengthSampler& SamplerCache::get(const DistributionSpec& spec, const TrafficClient& client) {
  return *get_shared(spec, client);
}

std::shared_ptr<LengthSampler> SamplerCache::get_shared(const DistributionSpec& spec,
                                                        const TrafficClient& client) {
  std::shared_ptr<LengthSampler>& sampler = samplers_[&spec];
  if (!sampler) {
    try {
      sampler = make_length_sampler(spec);
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("client \"{}\": {}", client.spec->id, error.what()));
    }
  }
  return sampler;
}

request::RequestSpec make_request(const TrafficClient& client, std::int64_t arrival_us) {
  request::RequestSpec request;
  request.arrival = Micros(arrival_us);
  request.client = client.id;
  request.tenant = client.tenant;
  request.slo_class = client.slo_class;
  request.model = client.model;
  request.adapter = client.adapter;
  return request;
}

void set_tokens(Produced& produced, TokenFold input, std::span<const std::int32_t> output) {
  request::RequestSpec& request = produced.request;
  request.input_tokens = input.size();
  request.output_tokens = static_cast<std::int64_t>(output.size());
  request.max_output_tokens = request.output_tokens;
  if (input.is_observed()) {
    produced.digests = std::make_unique<RequestDigests>();
    produced.digests->input = input.digest();
    produced.digests->output.append(output);
  }
  request.keys = request::make_token_keys(input.take_chain(), output);
}

std::shared_ptr<const request::TokenKeys> private_keys(const DrawingContext& context,
                                                       const PrefixTokens* prefix) {
  if (context.private_keys == nullptr || prefix == nullptr) return context.private_keys;
  return prefix->private_keys;
}

void set_private_tokens(Produced& produced, const DrawingContext& context,
                        const PrefixTokens* prefix, std::int64_t input_tokens,
                        std::int64_t output_tokens) {
  request::RequestSpec& request = produced.request;
  request.input_tokens = input_tokens + (prefix != nullptr ? prefix->fold.size() : 0);
  request.output_tokens = output_tokens;
  request.max_output_tokens = output_tokens;
  request.keys = private_keys(context, prefix);
}

Produced draw_request(DrawingContext& context, const TrafficClient& client,
                      random::RandomStream& stream, LengthSampler& input_length,
                      LengthSampler& output_length, std::int64_t arrival_us,
                      const IndependentLabels& labels) {
  const std::int64_t input_tokens = input_length.sample(stream);
  const std::int64_t output_tokens = output_length.sample(stream);
  const bool is_private = private_keys(context, labels.prefix) != nullptr &&
                          (input_tokens > 0 || labels.prefix != nullptr);
  if (is_private) {
    skip_tokens(stream, input_tokens, client.spec->id);
    skip_tokens(stream, output_tokens, client.spec->id);
  } else {
    draw_tokens(stream, input_tokens, client.spec->id, context.input_tokens);
    draw_tokens(stream, output_tokens, client.spec->id, context.output_tokens);
  }

  Produced produced;
  produced.request = make_request(client, arrival_us);
  produced.request.streaming = client.spec->streaming;
  produced.request.slo_target = Micros(client.spec->slo_target_us.value_or(0));
  if (labels.has_deadline) set_deadline(produced, client);
  if (labels.has_prefix_group) produced.request.prefix_group = client.prefix_group;
  if (labels.prefix) produced.request.prefix_tokens = labels.prefix->fold.size();
  if (is_private) {
    set_private_tokens(produced, context, labels.prefix, input_tokens, output_tokens);
    return produced;
  }
  TokenFold input = context.new_fold(labels.prefix);
  input.append(context.input_tokens);
  set_tokens(produced, std::move(input), context.output_tokens);
  return produced;
}

Produced draw_multimodal_request(DrawingContext& context, const TrafficClient& client,
                                 random::RandomStream& stream, LengthSampler& output_length,
                                 std::int64_t arrival_us, const PrefixTokens* prefix) {
  const MultimodalSpec& parts = *client.spec->multimodal;
  Produced produced;
  request::RequestSpec& request = produced.request;
  request = make_request(client, arrival_us);
  if (parts.text_distribution.is_set()) {
    request.text_tokens = context.samplers.get(parts.text_distribution, client).sample(stream);
  }
  request.image_tokens = draw_modality(context, client, stream, parts.image_distribution,
                                       parts.image_count_distribution);
  request.audio_tokens = draw_modality(context, client, stream, parts.audio_distribution,
                                       parts.audio_count_distribution);
  request.video_tokens = draw_modality(context, client, stream, parts.video_distribution,
                                       parts.video_count_distribution);
  std::int64_t total = wrapping_add(wrapping_add(request.text_tokens, request.image_tokens),
                                    wrapping_add(request.audio_tokens, request.video_tokens));
  if (total == 0) total = 1;  // no part drew anything: one token that is counted nowhere
  if (private_keys(context, prefix) != nullptr) {
    skip_tokens(stream, total, client.spec->id);
    const std::int64_t output_tokens = output_length.sample(stream);
    skip_tokens(stream, output_tokens, client.spec->id);
    set_private_tokens(produced, context, prefix, total, output_tokens);
  } else {
    draw_tokens(stream, total, client.spec->id, context.input_tokens);
    draw_tokens(stream, output_length.sample(stream), client.spec->id, context.output_tokens);
    TokenFold input = context.new_fold(prefix);
    input.append(context.input_tokens);
    set_tokens(produced, std::move(input), context.output_tokens);
  }

  request.streaming = client.spec->streaming;
  request.slo_target = Micros(client.spec->slo_target_us.value_or(0));
  set_deadline(produced, client);
  request.prefix_group = client.prefix_group;
  if (prefix) request.prefix_tokens = prefix->fold.size();
  return produced;
}

}  // namespace blis::workload
