#include "workload/sharegpt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output_file.h"
#include "workload/validation.h"

namespace blis::workload {
namespace {

using nlohmann::json;

constexpr std::int64_t kStepTokens = 16;

[[noreturn]] void fail(const std::string& file, const std::string& key, std::string_view message) {
  throw DataError({.file = file, .line = 0, .key = key}, message);
}

void require_positive(const char* flag, double value) {
  if (std::isfinite(value) && value > 0) return;
  throw ConfigError({.file = "", .line = 0, .key = flag},
                    fmt::format("must be a finite number above 0, got {}", value));
}

// The text of the first message of one side, nullptr if there is none.
const std::string* first_text(const json& messages, std::initializer_list<std::string_view> sides) {
  for (const json& message : messages) {
    if (!message.is_object()) continue;
    const auto from = message.find("from");
    const auto value = message.find("value");
    if (from == message.end() || !from->is_string() || value == message.end() ||
        !value->is_string()) {
      continue;
    }
    if (std::ranges::find(sides, from->get_ref<const std::string&>()) == sides.end()) continue;
    return &value->get_ref<const std::string&>();
  }
  return nullptr;
}

std::int64_t tokens_of(const std::string& text, double characters_per_token) {
  // Code points: every byte that does not continue one.
  const auto characters = std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  const double tokens = std::ceil(static_cast<double>(characters) / characters_per_token);
  constexpr double kMost = 1e8;
  const auto whole = static_cast<std::int64_t>(std::clamp(tokens, 1.0, kMost));
  return std::max<std::int64_t>(1, (whole + kStepTokens / 2) / kStepTokens * kStepTokens);
}

}  // namespace

WorkloadSpec parse_sharegpt(const std::string& text, const ShareGptConversion& conversion,
                            Diagnostics& diagnostics) {
  require_positive("--rate", conversion.rate_per_s);
  require_positive("--characters-per-token", conversion.characters_per_token);
  json document;
  try {
    document = json::parse(text);
  } catch (const json::exception& error) {
    fail(conversion.input, "", fmt::format("not valid JSON: {}", error.what()));
  }
  if (!document.is_array()) fail(conversion.input, "", "is not a list of conversations");

  ClientSpec client;
  client.id = "sharegpt";
  client.rate_fraction = 1;
  client.arrival.process = "poisson";
  client.input_distribution.type = "empirical";
  client.output_distribution.type = "empirical";
  for (std::size_t i = 0; i < document.size(); ++i) {
    const std::string key = fmt::format("[{}].conversations", i);
    if (!document[i].is_object())
      fail(conversion.input, fmt::format("[{}]", i), "is not an object");
    const auto messages = document[i].find("conversations");
    if (messages == document[i].end() || !messages->is_array()) {
      fail(conversion.input, key, "is missing or not a list");
    }
    const std::string* const question = first_text(*messages, {"human", "user"});
    const std::string* const answer =
        first_text(*messages, {"gpt", "chatgpt", "bing", "bard", "assistant"});
    if (question == nullptr || answer == nullptr) {
      diagnostics.warn("conversations without a question and an answer are left out", key);
      continue;
    }
    const auto add = [&](DistributionSpec& distribution, const std::string& value) {
      ++distribution.params[std::to_string(tokens_of(value, conversion.characters_per_token))];
    };
    add(client.input_distribution, *question);
    add(client.output_distribution, *answer);
  }
  if (client.input_distribution.params.empty()) {
    fail(conversion.input, "", "holds no conversation with a question and an answer");
  }
  WorkloadSpec spec;
  spec.version = "2";
  spec.seed = 42;
  spec.category = "language";
  spec.aggregate_rate_per_s = conversion.rate_per_s;
  spec.clients.push_back(std::move(client));
  validate(spec);
  return spec;
}

WorkloadSpec convert_sharegpt(const ShareGptConversion& conversion, Diagnostics& diagnostics) {
  std::string text;
  try {
    text = read_file(conversion.input, kMaxDataBytes);
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  }
  return parse_sharegpt(text, conversion, diagnostics);
}

}  // namespace blis::workload
