// Strict YAML: every key known, every type right, and every mistake of a file reported at once with
// its line.
//
// Reads the dialect of the reference's decoder (spec cli 2.3, workload 4.1, data-plane 18): first
// document only; quoted scalars are never numbers or booleans; integers take hex, octal, binary,
// `_` and floats (truncated); booleans also take y/yes/on/n/no/off; null leaves the default; null
// list items vanish; anchors, aliases and `<<` merges work; duplicate keys are errors. A typical
// reader:
//
//   YamlErrors errors(file);
//   if (YamlFields f{node, errors}) {  // also reports "expected a mapping"
//     f.read("id", client.id);
//     f.read("rate_fraction", client.rate_fraction);
//     if (auto windows = f.list("windows")) {
//       for (const YamlNode& item : *windows) read_window(item, errors);
//     }
//   }  // the destructor of `f` reports the keys that nobody asked for
//   errors.throw_if_any();
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace blis {

struct YamlDocument;  // the nodes of one file
struct YamlValue;     // one of them

/// Collects mistakes of one file, so that all independent ones are reported together, in line
/// order.
class YamlErrors {
 public:
  explicit YamlErrors(std::string file) : file_(std::move(file)) {}

  void add(int line, std::string_view key, std::string_view message);
  bool empty() const { return messages_.empty(); }
  const std::string& file() const { return file_; }
  /// Each message with its location, ascending by line.
  std::vector<std::string> sorted_messages() const;
  /// THROWS ConfigError with all messages, one per line, if there is any.
  void throw_if_any() const;

 private:
  struct Message {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Message> messages_;
};

/// One node of a document: its value, its line and its path (`clients[0].arrival`). Cheap to copy.
class YamlNode {
 public:
  YamlNode(std::shared_ptr<const YamlDocument> document, const YamlValue& value, std::string path)
      : document_(std::move(document)), value_(&value), path_(std::move(path)) {}

  bool is_null() const;
  bool is_map() const;
  bool is_list() const;
  bool is_scalar() const;
  int line() const;
  /// Line of the key that this node stands under; that of the node itself where there is none.
  int key_line() const { return key_line_ > 0 ? key_line_ : line(); }
  const std::string& path() const { return path_; }

  /// The value as the target type; nullopt (and an entry in `errors`) if it is of another kind.
  /// REQUIRES !is_null().
  std::optional<std::string> as_string(YamlErrors& errors) const;
  std::optional<std::int64_t> as_int(YamlErrors& errors) const;
  std::optional<double> as_double(YamlErrors& errors) const;
  std::optional<bool> as_bool(YamlErrors& errors) const;
  /// Items of a list without the null ones.
  std::optional<std::vector<YamlNode>> as_list(YamlErrors& errors) const;
  /// Entries of a mapping in file order, merges resolved, keys as literal text, duplicates
  /// reported. Null values are included; entries with a null key are not.
  std::optional<std::vector<std::pair<std::string, YamlNode>>> as_entries(YamlErrors& errors) const;

 private:
  YamlNode child(const YamlValue& value, std::string path) const {
    return {document_, value, std::move(path)};
  }
  /// Reports that the value is not `what` ("an integer").
  void report_wrong_type(YamlErrors& errors, std::string_view what) const;

  std::shared_ptr<const YamlDocument> document_;  // keeps value_ alive
  const YamlValue* value_;
  int key_line_ = 0;
  std::string path_;
};

/// Parses the first document of `text`. nullopt if there is no document at all (empty file, only
/// comments). THROWS ConfigError with file and line if it is not YAML.
std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file);
/// The same for a file. THROWS ConfigError if it cannot be read.
std::optional<YamlNode> load_yaml(const std::string& file);

/// The known keys of one mapping. Each getter marks its key as known and leaves the target alone
/// when the key is absent or null; the destructor reports all other keys, with the nearest known
/// one. A null node counts as an empty mapping.
class YamlFields {
 public:
  YamlFields(const YamlNode& node, YamlErrors& errors);
  ~YamlFields();
  YamlFields(const YamlFields&) = delete;
  YamlFields& operator=(const YamlFields&) = delete;

  /// False if the node is not a mapping (reported); the getters then find nothing.
  explicit operator bool() const { return is_map_; }

  void read(std::string_view key, std::string& out);
  void read(std::string_view key, std::int64_t& out);
  void read(std::string_view key, double& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, std::optional<std::string>& out);
  void read(std::string_view key, std::optional<std::int64_t>& out);
  void read(std::string_view key, std::optional<double>& out);
  void read(std::string_view key, std::optional<bool>& out);

  /// The node under `key`; nullopt if absent or null.
  std::optional<YamlNode> node(std::string_view key);
  /// The items of the list under `key`; nullopt if absent, null or not a list (reported).
  std::optional<std::vector<YamlNode>> list(std::string_view key);
  /// The entries of the mapping under `key`; nullopt if absent, null or not a mapping (reported).
  std::optional<std::vector<std::pair<std::string, YamlNode>>> entries(std::string_view key);

 private:
  /// The node under `key`, null or not; notes that the key is known.
  const YamlNode* find(std::string_view key);
  template <typename T, typename Out>
  void read_with(std::optional<T> (YamlNode::*getter)(YamlErrors&) const, std::string_view key,
                 Out& out);

  YamlErrors& errors_;
  bool is_map_ = true;
  std::vector<std::pair<std::string, YamlNode>> entries_;
  std::vector<std::string> known_;
};

}  // namespace blis
