// The request handling of the emulated server: whatever the method, path, key and body, there is an
// answer, its JSON is valid, and what is sent to the platform is consistent.
//
// The first line of the input is `METHOD TARGET AUTHORIZATION`, the rest is the body.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/check.h"
#include "live/serve/service.h"

namespace {

std::string take_word(std::string& text, char end) {
  const std::size_t at = text.find(end);
  std::string word = text.substr(0, at);
  text.erase(0, at == std::string::npos ? text.size() : at + 1);
  return word;
}

void check_generation(const blis::live::Generation& generation) {
  BLIS_CHECK(!generation.specs.empty() && generation.specs.size() == generation.plans.size(),
             "{} requests, {} plans", generation.specs.size(), generation.plans.size());
  for (const blis::request::RequestSpec& spec : generation.specs) {
    const std::int64_t tokens = spec.input_tokens + spec.output_tokens;
    BLIS_CHECK(spec.input_tokens > 0 && spec.output_tokens > 0 && tokens <= 512, "{} + {} tokens",
               spec.input_tokens, spec.output_tokens);
    BLIS_CHECK(static_cast<std::int64_t>(spec.keys->sequence.size()) == tokens / 16, "{} keys",
               spec.keys->sequence.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<blis::live::Tokenizer> tokenizer =
      blis::live::make_approximate_tokenizer();
  blis::live::ServiceConfig config;
  config.model = "m";
  config.adapters = {"l"};
  config.api_key = "k";
  config.max_model_len_tokens = 512;
  blis::SymbolTable symbols;
  const blis::live::Service service(config, *tokenizer, symbols);

  std::string text(reinterpret_cast<const char*>(data), size);
  std::string line = take_word(text, '\n');
  blis::live::HttpRequest request;
  request.method = take_word(line, ' ');
  request.target = take_word(line, ' ');
  request.authorization = line;
  request.body = std::move(text);
  const blis::live::Action action = service.handle(request);
  if (const auto* reply = std::get_if<blis::live::Reply>(&action)) {
    BLIS_CHECK(reply->status >= 200 && reply->status < 600 && !reply->body.empty(), "status {}",
               reply->status);
  } else if (const auto* generation = std::get_if<blis::live::Generation>(&action)) {
    check_generation(*generation);
  }
  return 0;
}
