#include "gateway/route_query.h"

#include <algorithm>

namespace blis::gateway {

RouteQuery QueryMaker::make(RequestId id, const request::RequestSpec& spec) {
  RouteQuery query;
  query.request = id;
  query.input_tokens = spec.input_tokens;
  if (spec.keys != nullptr && spec.keys->block_size > 0) {
    const auto blocks = static_cast<std::size_t>(spec.input_tokens / spec.keys->block_size);
    query.input_keys = std::span(spec.keys->sequence);
    query.input_keys = query.input_keys.first(std::min(blocks, query.input_keys.size()));
    query.input_blocks =
        static_cast<std::int64_t>(spec.keys->rest_is_private ? blocks : query.input_keys.size());
  }
  query.slo_target = spec.slo_target;
  query.tenant = spec.tenant;
  query.slo_class = spec.slo_class;
  query.model = spec.model;
  query.adapter = spec.adapter;
  query.session = spec.session;
  query.priority = priority_(spec.slo_class);
  return query;
}

}  // namespace blis::gateway
