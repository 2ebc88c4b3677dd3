// From an HTTP request to what is to be done about it: a pure function of the request and the
// settings, without sockets, clocks or the simulation.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/symbol_table.h"
#include "live/serve/answer.h"
#include "live/serve/tokenizer.h"
#include "live/serve/wire.h"
#include "request/request.h"

namespace blis::live {

struct ServiceConfig {
  std::string model;                      ///< the name under which it is served
  std::vector<std::string> adapters{};    ///< further names: LoRA adapters
  std::string api_key{};                  ///< "" = none is asked for
  std::int64_t max_model_len_tokens = 0;  ///< 0 = unlimited
  std::int64_t block_size_tokens = 16;
  std::int64_t answer_tokens = 128;  ///< of a chat that sets no limit
  bool keeps_token_ids = false;      ///< for those who follow the cache: Generation::token_ids
};

struct HttpRequest {
  std::string method;
  std::string target;
  std::string authorization{};
  std::string tenant{};          ///< x-llm-d-inference-fairness-id
  std::string slo_class{};       ///< x-gateway-inference-objective
  bool wants_due_times = false;  ///< x-blis-due-times: true
  std::string body{};
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
};

/// Send these to the platform and answer with what comes back. One of each per choice.
struct Generation {
  bool is_chat = false;
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
  bool due_times = false;
  std::string model;
  std::vector<request::RequestSpec> specs;  ///< without arrival and name
  std::vector<ChoicePlan> plans;            ///< without seed
  std::vector<TokenIds> token_ids;          ///< of prompt and answer, if they are kept
};

/// What only the server itself can answer.
enum class Question : std::uint8_t { kHealth, kMetrics };

using Action = std::variant<Reply, Question, Generation>;

class Service {
 public:
  /// All references outlive the service.
  Service(const ServiceConfig& config, const Tokenizer& tokenizer, SymbolTable& symbols)
      : config_(config), tokenizer_(tokenizer), symbols_(symbols) {}

  /// Never throws for what a client sends: mistakes are replies.
  Action handle(const HttpRequest& request) const;

 private:
  Action dispatch(const HttpRequest& request) const;
  Action generate(const GenerationRequest& request, const HttpRequest& http) const;
  void add_choices(const Prompt& prompt, const GenerationRequest& request,
                   const request::RequestSpec& common, Generation& generation) const;
  std::int64_t output_tokens(const GenerationRequest& request, std::int64_t prompt_tokens) const;
  void require_model(const std::string& model) const;
  bool is_authorized(const HttpRequest& request) const;
  std::string models_body() const;
  std::string tokenize_body(const std::string& body) const;
  Symbol label(const std::string& text) const;

  const ServiceConfig& config_;
  const Tokenizer& tokenizer_;
  SymbolTable& symbols_;
};

Reply reply_of(const ApiError& error);

}  // namespace blis::live
