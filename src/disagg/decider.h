// Deciders: whether a request's prompt is processed on another instance than its output
// (disaggregation), and whether an encode instance is asked first. Both know what the gateway
// knows, never the output to come.
//
// To add one: deciders/<name>.cc, a row in deciders/deciders.def, a test, a row in
// docs/disaggregation.md; likewise encode_deciders/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "gateway/prefix_cache_views.h"
#include "gateway/route_query.h"
#include "request/request.h"

namespace blis::disagg {

struct DeciderContext {
  std::int64_t prefix_threshold_tokens = 16;  ///< prefix-threshold only
  std::int64_t block_size_tokens = 16;
  const gateway::PrefixCacheViews* prefix_views = nullptr;
};

class Decider {
 public:
  virtual ~Decider() = default;
  /// `decode_instance` is the one already chosen for the output. SOURCE spec disaggregation 4.1.
  virtual bool disaggregates(const gateway::RouteQuery& query, InstanceId decode_instance) = 0;
};

struct DeciderEntry {
  std::string_view name;  ///< as written in --pd-decider
  std::unique_ptr<Decider> (*make)(const DeciderContext& context);
  bool needs_prefix_views;
  std::string_view help;
};

std::span<const DeciderEntry> decider_entries();          ///< ascending by name
const DeciderEntry* find_decider(std::string_view name);  ///< "" means never

struct EncodeDeciderEntry {
  std::string_view name;  ///< as written in --encode-decider
  bool (*encodes)(const request::RequestSpec& request);
  std::string_view help;
};

std::span<const EncodeDeciderEntry> encode_decider_entries();          ///< ascending by name
const EncodeDeciderEntry* find_encode_decider(std::string_view name);  ///< "" means never

}  // namespace blis::disagg
