#include "live/serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "request/block_keys.h"

namespace blis::live {
namespace {

// Names that clients make up are kept for ever, so there is an end to them.
constexpr std::size_t kMostLabels = 1 << 16;
// What the original API generates where nothing is said.
constexpr std::int64_t kDefaultCompletionTokens = 16;
// Of prompt and answer where the platform sets no limit; the answer's words are made up at once.
constexpr std::int64_t kMostTokens = 1 << 20;

ApiError not_found(const std::string& message) { return {404, "NotFoundError", message}; }

/// Without a query.
std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// Equal in a time that does not depend on where they differ.
bool is_same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

Reply reply_of(const ApiError& error) {
  return {.status = error.status, .body = error_body(error)};
}

Action Service::handle(const HttpRequest& request) const {
  try {
    return dispatch(request);
  } catch (const ApiError& error) {
    return reply_of(error);
  }
}

Action Service::dispatch(const HttpRequest& request) const {
  struct Route {
    std::string_view method;
    std::string_view path;
  };
  constexpr Route kRoutes[] = {{"GET", "/health"},
                               {"GET", "/metrics"},
                               {"GET", "/v1/models"},
                               {"POST", "/v1/completions"},
                               {"POST", "/v1/chat/completions"},
                               {"POST", "/tokenize"},
                               {"GET", "/ping"}};
  const std::string_view path = path_of(request.target);
  const auto route = std::ranges::find(kRoutes, path, &Route::path);
  if (route == std::end(kRoutes)) throw not_found(fmt::format("there is no {}", path));
  if (route->method != request.method) {
    throw ApiError(405, "BadRequestError", fmt::format("{} takes only {}", path, route->method));
  }
  if (path == "/health" || path == "/ping") return Question::kHealth;
  if (path == "/metrics") return Question::kMetrics;
  if (!is_authorized(request)) {
    throw ApiError(401, "authentication_error", "a valid API key is needed");
  }
  if (path == "/v1/models") return Reply{.body = models_body()};
  if (path == "/tokenize") return Reply{.body = tokenize_body(request.body)};
  return generate(
      path == "/v1/completions" ? parse_completion(request.body) : parse_chat(request.body),
      request);
}

bool Service::is_authorized(const HttpRequest& request) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (config_.api_key.empty()) return true;
  const std::string_view given = request.authorization;
  return given.starts_with(kBearer) &&
         is_same_secret(given.substr(kBearer.size()), config_.api_key);
}

void Service::require_model(const std::string& model) const {
  if (model.empty() || model == config_.model) return;
  if (std::ranges::find(config_.adapters, model) != config_.adapters.end()) return;
  throw not_found(fmt::format("the model `{}` does not exist", model));
}

Symbol Service::label(const std::string& text) const {
  const Symbol known = symbols_.find(text);
  if (!known.is_none()) return known;
  return symbols_.size() < kMostLabels ? symbols_.intern(text) : SymbolTable::empty();
}

// -----------------------------------------------------------------------------------------------
// generation

Action Service::generate(const GenerationRequest& request, const HttpRequest& http) const {
  require_model(request.model);
  Generation generation;
  generation.is_chat = request.is_chat;
  generation.stream = request.stream;
  generation.include_usage = request.include_usage;
  generation.continuous_usage = request.continuous_usage;
  generation.due_times = http.wants_due_times;
  generation.model = request.model.empty() ? config_.model : request.model;
  request::RequestSpec common;
  common.streaming = request.stream;
  common.max_output_tokens = request.max_tokens.value_or(0);
  common.tenant = label(http.tenant.empty() ? request.user : http.tenant);
  common.slo_class = label(http.slo_class);
  common.session = label(request.session);
  if (generation.model != config_.model) common.adapter = label(generation.model);
  for (const Prompt& prompt : request.prompts) add_choices(prompt, request, common, generation);
  return generation;
}

void Service::add_choices(const Prompt& prompt, const GenerationRequest& request,
                          const request::RequestSpec& common, Generation& generation) const {
  const auto* text = std::get_if<std::string>(&prompt);
  const TokenIds ids = text != nullptr ? tokenizer_.encode(*text) : std::get<TokenIds>(prompt);
  const auto prompt_tokens = static_cast<std::int64_t>(ids.size());
  if (prompt_tokens == 0) throw bad_request("the prompt is empty", "prompt");
  const std::int64_t tokens = output_tokens(request, prompt_tokens);

  ChoicePlan plan;
  plan.prompt_tokens = prompt_tokens;
  plan.output_tokens = tokens;
  plan.finish_reason = request.max_tokens ? "length" : "stop";
  if (request.echo && text != nullptr) plan.echo = *text;
  request::BlockKeyChain chain(config_.block_size_tokens);
  chain.append(ids);
  for (std::int64_t i = 0; i < request.n; ++i) {
    // Which words an answer has follows from its place among those of its request alone, so that
    // what it leaves in the cache is what a later prompt with its text asks for.
    plan.seed = static_cast<std::uint64_t>(generation.plans.size());
    request::RequestSpec& spec = generation.specs.emplace_back(common);
    spec.input_tokens = prompt_tokens;
    spec.text_tokens = prompt_tokens;
    spec.output_tokens = tokens;
    std::string answer;
    for (std::int64_t k = 0; k < tokens; ++k) {
      answer += answer_piece(tokenizer_.answer_pieces(), plan.seed, k);
    }
    TokenIds answer_ids = tokenizer_.encode(answer);
    answer_ids.resize(static_cast<std::size_t>(tokens));
    spec.keys = request::make_token_keys(chain, answer_ids);
    if (config_.keeps_token_ids) {
      TokenIds& all = generation.token_ids.emplace_back(ids);
      all.insert(all.end(), answer_ids.begin(), answer_ids.end());
    }
    generation.plans.push_back(plan);
  }
}

std::int64_t Service::output_tokens(const GenerationRequest& request,
                                    std::int64_t prompt_tokens) const {
  const std::int64_t natural = request.is_chat ? config_.answer_tokens : kDefaultCompletionTokens;
  const std::int64_t wanted = request.max_tokens.value_or(std::max(natural, request.min_tokens));
  const std::int64_t most =
      config_.max_model_len_tokens > 0 ? config_.max_model_len_tokens : kMostTokens;
  const std::int64_t room = most - prompt_tokens;
  if (room <= 0 || (request.max_tokens && wanted > room)) {
    throw bad_request(
        fmt::format("the maximum context length is {} tokens, but the prompt has {} and the answer "
                    "may have {}",
                    most, prompt_tokens, wanted),
        "max_tokens");
  }
  return std::min(wanted, room);
}

// -----------------------------------------------------------------------------------------------
// small answers

std::string Service::models_body() const {
  const auto entry = [this](const std::string& id, bool is_adapter) {
    const std::string limit =
        config_.max_model_len_tokens > 0 ? fmt::format("{}", config_.max_model_len_tokens) : "null";
    return fmt::format(
        R"({{"id":{},"object":"model","created":0,"owned_by":"blis","root":{},"parent":{},)"
        R"("max_model_len":{}}})",
        json_quote(id), json_quote(id), is_adapter ? json_quote(config_.model) : "null", limit);
  };
  std::string list = entry(config_.model, false);
  for (const std::string& adapter : config_.adapters) list += "," + entry(adapter, true);
  return fmt::format(R"({{"object":"list","data":[{}]}})", list);
}

std::string Service::tokenize_body(const std::string& body) const {
  const TokenizeRequest request = parse_tokenize(body);
  require_model(request.model);
  const std::vector<std::int32_t> ids = tokenizer_.encode(request.text);
  return fmt::format(R"({{"count":{},"max_model_len":{},"tokens":[{}]}})", ids.size(),
                     config_.max_model_len_tokens, fmt::join(ids, ","));
}

}  // namespace blis::live
