#include "base/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/number_text.h"
#include "base/output_file.h"
#include "base/yaml_document.h"
#include "base/yaml_scalar.h"

namespace blis {
namespace {

using Entries = std::vector<std::pair<std::string, YamlNode>>;

std::string describe(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::kNull:
      return "nothing";
    case YamlValue::Kind::kList:
      return "a list";
    case YamlValue::Kind::kMap:
      return "a mapping";
    case YamlValue::Kind::kScalar:
      break;
  }
  return fmt::format("{}\"{}\"", value.is_text ? "the text " : "", value.text);
}

/// Key and value of one mapping, before the key is turned into a path.
struct Pair {
  const YamlValue* key;
  const YamlValue* value;
};

/// Collects the pairs of a mapping and of what it merges in. What stands in the mapping itself
/// wins, then earlier merged mappings win over later ones.
class PairCollector {
 public:
  PairCollector(const std::string& path, YamlErrors& errors) : path_(path), errors_(errors) {}

  std::vector<Pair> collect(const YamlValue& map) {
    add_map(map);
    return std::move(pairs_);
  }

 private:
  void add_map(const YamlValue& map) {
    // Merging a mapping again adds nothing; without this, merges of merges could take exponential
    // time.
    if (!visited_.insert(&map).second) return;
    report_duplicates(map);
    std::vector<const YamlValue*> merged;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const YamlValue& key = *map.children[i];
      if (key.is_merge_key()) {
        merged.push_back(map.children[i + 1]);
      } else if (key.kind == YamlValue::Kind::kScalar) {
        if (seen_.insert(key.text).second) pairs_.push_back({&key, map.children[i + 1]});
      } else if (key.kind != YamlValue::Kind::kNull) {
        errors_.add(key.line, path_,
                    fmt::format("expected a scalar as key, got {}", describe(key)));
      }
    }
    for (const YamlValue* value : merged) merge(*value);
  }

  void merge(const YamlValue& value) {
    if (value.kind == YamlValue::Kind::kMap) return add_map(value);
    if (value.kind == YamlValue::Kind::kList) {
      for (const YamlValue* item : value.children) {
        if (item->kind != YamlValue::Kind::kMap) return report_bad_merge(*item);
        add_map(*item);
      }
      return;
    }
    report_bad_merge(value);
  }

  void report_bad_merge(const YamlValue& value) {
    errors_.add(
        value.line, path_,
        fmt::format("\"<<\" merges a mapping or a list of mappings, got {}", describe(value)));
  }

  void report_duplicates(const YamlValue& map) {
    std::unordered_map<std::string_view, int> first_lines;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const YamlValue& key = *map.children[i];
      if (key.kind != YamlValue::Kind::kScalar) continue;
      const auto [first, is_new] = first_lines.emplace(key.text, key.line);
      if (!is_new) {
        errors_.add(key.line, path_,
                    fmt::format("key \"{}\" is already set in line {}", key.text, first->second));
      }
    }
  }

  const std::string& path_;
  YamlErrors& errors_;
  std::vector<Pair> pairs_;
  std::set<std::string_view> seen_;
  std::set<const YamlValue*> visited_;
};

}  // namespace

// ---- YamlErrors

void YamlErrors::add(int line, std::string_view key, std::string_view message) {
  Message entry{line, format_error({file_, line, std::string(key)}, message)};
  // A node that is read twice reports its mistakes twice.
  const bool known = std::any_of(messages_.begin(), messages_.end(),
                                 [&](const Message& m) { return m.text == entry.text; });
  if (!known) messages_.push_back(std::move(entry));
}

std::vector<std::string> YamlErrors::sorted_messages() const {
  std::vector<Message> sorted = messages_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Message& a, const Message& b) { return a.line < b.line; });
  std::vector<std::string> texts;
  texts.reserve(sorted.size());
  for (Message& message : sorted) texts.push_back(std::move(message.text));
  return texts;
}

void YamlErrors::throw_if_any() const {
  if (!messages_.empty()) throw ConfigError(fmt::format("{}", fmt::join(sorted_messages(), "\n")));
}

// ---- YamlNode

bool YamlNode::is_null() const { return value_->kind == YamlValue::Kind::kNull; }
bool YamlNode::is_map() const { return value_->kind == YamlValue::Kind::kMap; }
bool YamlNode::is_list() const { return value_->kind == YamlValue::Kind::kList; }
bool YamlNode::is_scalar() const { return value_->kind == YamlValue::Kind::kScalar; }
int YamlNode::line() const { return value_->line; }

void YamlNode::report_wrong_type(YamlErrors& errors, std::string_view what) const {
  errors.add(line(), path_, fmt::format("expected {}, got {}", what, describe(*value_)));
}

std::optional<std::string> YamlNode::as_string(YamlErrors& errors) const {
  if (is_scalar()) return value_->text;
  report_wrong_type(errors, "a string");
  return std::nullopt;
}

std::optional<std::int64_t> YamlNode::as_int(YamlErrors& errors) const {
  if (is_scalar() && !value_->is_text) {
    const YamlScalar scalar = resolve_yaml_scalar(value_->text);
    if (scalar.kind == YamlScalar::Kind::kInt) return scalar.integer;
    // Everything below the range becomes its end, as the reference's conversion has it; above is an
    // error.
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (scalar.kind == YamlScalar::Kind::kReal && scalar.real < kTwoTo63) {
      return truncate_to_int64(scalar.real);
    }
  }
  report_wrong_type(errors, "an integer");
  return std::nullopt;
}

std::optional<double> YamlNode::as_double(YamlErrors& errors) const {
  if (is_scalar() && !value_->is_text) {
    const YamlScalar scalar = resolve_yaml_scalar(value_->text);
    using Kind = YamlScalar::Kind;
    if (scalar.kind == Kind::kInt || scalar.kind == Kind::kBigInt || scalar.kind == Kind::kReal) {
      return scalar.real;
    }
  }
  report_wrong_type(errors, "a number");
  return std::nullopt;
}

std::optional<bool> YamlNode::as_bool(YamlErrors& errors) const {
  if (is_scalar()) {
    // The words of YAML 1.1 count even when quoted; `"true"` does not (spec workload 4.1).
    const int old_word = yaml_1_1_bool(value_->text);
    if (old_word >= 0) return old_word == 1;
    const YamlScalar scalar = resolve_yaml_scalar(value_->text);
    if (!value_->is_text && scalar.kind == YamlScalar::Kind::kBool) return scalar.flag;
  }
  report_wrong_type(errors, "true or false");
  return std::nullopt;
}

std::optional<std::vector<YamlNode>> YamlNode::as_list(YamlErrors& errors) const {
  if (!is_list()) {
    report_wrong_type(errors, "a list");
    return std::nullopt;
  }
  std::vector<YamlNode> items;
  for (std::size_t i = 0; i < value_->children.size(); ++i) {
    if (value_->children[i]->kind == YamlValue::Kind::kNull) continue;
    items.push_back(child(*value_->children[i], fmt::format("{}[{}]", path_, i)));
  }
  return items;
}

std::optional<Entries> YamlNode::as_entries(YamlErrors& errors) const {
  if (!is_map()) {
    report_wrong_type(errors, "a mapping");
    return std::nullopt;
  }
  Entries entries;
  for (const Pair& pair : PairCollector(path_, errors).collect(*value_)) {
    const std::string& key = pair.key->text;
    YamlNode node = child(*pair.value, path_.empty() ? key : path_ + "." + key);
    node.key_line_ = pair.key->line;
    entries.emplace_back(key, std::move(node));
  }
  return entries;
}

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file) {
  auto document = parse_yaml_document(text, file);
  if (document == nullptr) return std::nullopt;
  const YamlValue& root = *document->root;
  return YamlNode(std::move(document), root, "");
}

std::optional<YamlNode> load_yaml(const std::string& file) {
  return parse_yaml(read_file(file), file);
}

// ---- YamlFields

YamlFields::YamlFields(const YamlNode& node, YamlErrors& errors) : errors_(errors) {
  if (node.is_null()) return;
  if (auto entries = node.as_entries(errors)) {
    entries_ = *std::move(entries);
  } else {
    is_map_ = false;
  }
}

YamlFields::~YamlFields() {
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& [key, node] : entries_) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      errors_.add(node.key_line(), node.path(), unknown_name("key", key, known));
    }
  }
}

const YamlNode* YamlFields::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const auto& [name, node] : entries_) {
    if (name == key) return &node;
  }
  return nullptr;
}

template <typename T, typename Out>
void YamlFields::read_with(std::optional<T> (YamlNode::*getter)(YamlErrors&) const,
                           std::string_view key, Out& out) {
  const YamlNode* const node = find(key);
  if (node == nullptr || node->is_null()) return;
  if (std::optional<T> value = (node->*getter)(errors_)) out = *std::move(value);
}

void YamlFields::read(std::string_view key, std::string& out) {
  read_with(&YamlNode::as_string, key, out);
}
void YamlFields::read(std::string_view key, std::int64_t& out) {
  read_with(&YamlNode::as_int, key, out);
}
void YamlFields::read(std::string_view key, double& out) {
  read_with(&YamlNode::as_double, key, out);
}
void YamlFields::read(std::string_view key, bool& out) { read_with(&YamlNode::as_bool, key, out); }
void YamlFields::read(std::string_view key, std::optional<std::string>& out) {
  read_with(&YamlNode::as_string, key, out);
}
void YamlFields::read(std::string_view key, std::optional<std::int64_t>& out) {
  read_with(&YamlNode::as_int, key, out);
}
void YamlFields::read(std::string_view key, std::optional<double>& out) {
  read_with(&YamlNode::as_double, key, out);
}
void YamlFields::read(std::string_view key, std::optional<bool>& out) {
  read_with(&YamlNode::as_bool, key, out);
}

std::optional<YamlNode> YamlFields::node(std::string_view key) {
  const YamlNode* const found = find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return *found;
}

std::optional<std::vector<YamlNode>> YamlFields::list(std::string_view key) {
  const YamlNode* const found = find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return found->as_list(errors_);
}

std::optional<Entries> YamlFields::entries(std::string_view key) {
  const YamlNode* const found = find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return found->as_entries(errors_);
}

}  // namespace blis
