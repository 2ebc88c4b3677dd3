// A source whose requests come while the simulation runs.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "request/request_source.h"

namespace blis::testing {

class GrowingSource final : public request::RequestSource {
 public:
  std::deque<request::RequestSpec> grown;
  std::optional<request::RequestSpec> next() override {
    if (grown.empty()) return std::nullopt;
    request::RequestSpec spec = std::move(grown.front());
    grown.pop_front();
    return spec;
  }
};

}  // namespace blis::testing
