// From lengths to requests: drawing tokens, folding them into block keys, filling in the fields.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostics.h"
#include "base/micros.h"
#include "random/random_stream.h"
#include "workload/generation/prefix_groups.h"
#include "workload/generation/produced.h"
#include "workload/generation/traffic.h"
#include "workload/length_sampler.h"

namespace blis::workload {

/// Absolute deadline, 0 = none. Without a timeout of its own a session request gets 300 s, any
/// other none. SOURCE spec workload 14.
Micros deadline_of(Micros arrival, std::optional<std::int64_t> timeout_us, bool is_session);

/// Draws `count` token ids for nobody to see. THROWS as draw_tokens().
void skip_tokens(random::RandomStream& stream, std::int64_t count, std::string_view client);

/// Draws `count` token ids into `tokens`, replacing its contents. THROWS ConfigError naming
/// `client` if no request can be that long.
void draw_tokens(random::RandomStream& stream, std::int64_t count, std::string_view client,
                 std::vector<std::int32_t>& tokens);

/// Samplers of the distributions of one workload; members of a cohort share theirs. THROWS
/// ConfigError when one cannot be built, naming the client.
class SamplerCache {
 public:
  LengthSampler& get(const DistributionSpec& spec, const TrafficClient& client);
  std::shared_ptr<LengthSampler> get_shared(const DistributionSpec& spec,
                                            const TrafficClient& client);

 private:
  std::unordered_map<const DistributionSpec*, std::shared_ptr<LengthSampler>>
      samplers_;  // looked up only
};

/// What all producers of one workload share while they draw. Buffers are reused from request to
/// request.
struct DrawingContext {
  std::int64_t horizon_us = 0;
  std::int64_t client_cap = 0;  ///< requests that one client may build at most, 0 = no cap
  std::int64_t block_size = 16;
  bool lazy = false;
  /// Keys of requests outside sessions without a shared prefix; nullptr: all blocks get keys.
  std::shared_ptr<const request::TokenKeys> private_keys;
  TokenObserver* observer = nullptr;
  SymbolTable* symbols = nullptr;
  Diagnostics* diagnostics = nullptr;
  SamplerCache samplers;
  std::vector<std::int32_t> input_tokens;
  std::vector<std::int32_t> output_tokens;

  TokenFold new_fold(const PrefixTokens* prefix) const {
    return prefix ? prefix->fold : TokenFold(block_size, observer != nullptr);
  }
};

/// The fields that every request of the client has. SOURCE spec workload 14.
request::RequestSpec make_request(const TrafficClient& client, std::int64_t arrival_us);

/// Keys of a request with this prefix whose own tokens need not be looked at; nullptr if they need.
std::shared_ptr<const request::TokenKeys> private_keys(const DrawingContext& context,
                                                       const PrefixTokens* prefix);
/// Sets lengths and keys of a request whose own tokens were skipped. REQUIRES  private_keys();
/// input_tokens > 0 with the prefix.
void set_private_tokens(Produced& produced, const DrawingContext& context,
                        const PrefixTokens* prefix, std::int64_t input_tokens,
                        std::int64_t output_tokens);

/// Sets lengths, keys and digests from a folded input and the output's tokens.
void set_tokens(Produced& produced, TokenFold input, std::span<const std::int32_t> output);

/// How an independent request is labelled, which differs between the static and the time-varying
/// path [QUIRK, spec 25.1 item 2].
struct IndependentLabels {
  const PrefixTokens* prefix = nullptr;
  bool has_deadline = true;
  bool has_prefix_group = true;
};

/// One request outside any session. Draws input length, output length, input tokens, output tokens,
/// in this order.
Produced draw_request(DrawingContext& context, const TrafficClient& client,
                      random::RandomStream& stream, LengthSampler& input_length,
                      LengthSampler& output_length, std::int64_t arrival_us,
                      const IndependentLabels& labels);

/// One request with text, image, audio and video parts. Draws text length; per modality count and
/// lengths of items; input tokens; output length; output tokens. SOURCE spec workload 10.3.
Produced draw_multimodal_request(DrawingContext& context, const TrafficClient& client,
                                 random::RandomStream& stream, LengthSampler& output_length,
                                 std::int64_t arrival_us, const PrefixTokens* prefix);

}  // namespace blis::workload
