#include "model/config_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/number_text.h"

namespace blis::model {
namespace {

/// 1-based line of a byte offset, for error messages.
int line_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

nlohmann::json parse_object(std::string_view text, const std::string& file) {
  nlohmann::json root;
  try {
    root = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError({.file = file, .line = line_of(text, error.byte), .key = ""}, "not valid JSON");
  } catch (const nlohmann::json::exception& error) {
    throw DataError({.file = file, .line = 0, .key = ""}, error.what());
  }
  if (root.is_null()) return nlohmann::json::object();
  if (!root.is_object()) {
    throw DataError({.file = file, .line = 1, .key = ""},
                    std::string("expected a JSON object, found ") + root.type_name());
  }
  return root;
}

void pivot_text_config(nlohmann::json& root) {
  const auto text_config = root.find("text_config");
  if (text_config == root.end() || !text_config->is_object()) return;
  const nlohmann::json inner = *text_config;
  for (const auto& [key, value] : inner.items()) root[key] = value;
}

bool names_a_shape(const nlohmann::json& object) {
  return object.contains("num_hidden_layers") || object.contains("hidden_size");
}

}  // namespace

ConfigJson::ConfigJson(std::string_view text, const std::string& file)
    : root_(std::make_unique<nlohmann::json>(parse_object(text, file))) {
  pivot_text_config(*root_);
}

ConfigJson::~ConfigJson() = default;

std::int64_t ConfigJson::integer(std::string_view key) const {
  const auto found = root_->find(key);
  if (found == root_->end() || !found->is_number()) return 0;
  // By way of a double, as the reference reads every JSON number: integers above 2^53 round.
  return truncate_to_int64(found->get<double>());
}

std::int64_t ConfigJson::first_nonzero(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const std::int64_t value = integer(key); value != 0) return value;
  }
  return 0;
}

std::optional<std::string> ConfigJson::text(std::string_view key) const {
  const auto found = root_->find(key);
  if (found == root_->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

bool ConfigJson::flag(std::string_view key) const {
  const auto found = root_->find(key);
  return found != root_->end() && found->is_boolean() && found->get<bool>();
}

const nlohmann::json* ConfigJson::object(std::string_view key) const {
  const auto found = root_->find(key);
  return found != root_->end() && found->is_object() ? &*found : nullptr;
}

std::vector<std::string> ConfigJson::texts(std::string_view key) const {
  std::vector<std::string> texts;
  const auto found = root_->find(key);
  if (found == root_->end() || !found->is_array()) return texts;
  for (const nlohmann::json& element : *found) {
    if (!element.is_string()) return {};
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

bool ConfigJson::has(std::string_view key) const { return root_->contains(key); }

bool looks_like_model_config(std::string_view text) {
  const nlohmann::json root = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return false;
  if (names_a_shape(root)) return true;
  const auto text_config = root.find("text_config");
  return text_config != root.end() && text_config->is_object() && names_a_shape(*text_config);
}

}  // namespace blis::model
