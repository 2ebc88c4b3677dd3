// An HTTP transport that answers from a list and remembers what it was asked.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/config_fetch.h"

namespace blis::testing {

class ScriptedTransport final : public model::HttpTransport {
 public:
  explicit ScriptedTransport(std::vector<model::HttpResponse> responses = {})
      : responses_(std::move(responses)) {}

  model::HttpResponse get(const model::HttpRequest& request) override {
    requests.push_back(request);
    if (requests.size() > responses_.size()) throw ConfigError("no route to host");
    return responses_[requests.size() - 1];
  }

  std::vector<model::HttpRequest> requests;

 private:
  std::vector<model::HttpResponse> responses_;
};

}  // namespace blis::testing
