#include "live/serve/bpe_tokenizer.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.h"
#include "live/serve/pre_tokenizer.h"

namespace blis::live {
namespace {

using nlohmann::json;

// GPT-2's own, which ByteLevel uses unless told otherwise.
constexpr std::string_view kByteLevelPattern =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void append_utf8(std::string& text, std::uint32_t code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else {
    text += static_cast<char>(0xC0U | (code_point >> 6U));
    text += static_cast<char>(0x80U | (code_point & 0x3FU));
  }
}

/// How vocabularies write bytes: printable Latin-1 as itself, the others from U+0100 on.
std::array<std::string, 256> byte_symbols() {
  std::array<std::string, 256> symbols;
  std::uint32_t next = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                              (byte >= 0xAE && byte <= 0xFF);
    append_utf8(symbols[byte], is_printable ? byte : next++);
  }
  return symbols;
}

struct Merge {
  std::int32_t rank = 0;
  std::int32_t result = 0;
};

struct AddedToken {
  std::string text;
  std::int32_t id = 0;
};

struct Rules {
  absl::flat_hash_map<std::string, std::int32_t> vocabulary;
  absl::flat_hash_map<std::pair<std::int32_t, std::int32_t>, Merge> merges;
  std::array<std::string, 256> symbols = byte_symbols();
  std::array<std::int32_t, 256> byte_ids{};
  std::vector<RegexSplit> splits;
  std::vector<AddedToken> added;     // longest first
  std::vector<std::int32_t> prefix;  // special tokens before every text
  bool add_prefix_space = false;
  bool ignore_merges = false;
};

class BpeTokenizer final : public Tokenizer {
 public:
  explicit BpeTokenizer(Rules rules) : rules_(std::move(rules)) { choose_answer_pieces(); }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids = rules_.prefix;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
      const AddedToken* token = added_token_at(text.substr(at));
      if (token == nullptr) {
        ++at;
        continue;
      }
      encode_plain(text.substr(from, at - from), ids);
      ids.push_back(token->id);
      at += token->text.size();
      from = at;
    }
    encode_plain(text.substr(from), ids);
    return ids;
  }
  const std::vector<std::string>& answer_pieces() const override { return pieces_; }

 private:
  const AddedToken* added_token_at(std::string_view text) const {
    if (!starts_added_[static_cast<unsigned char>(text.front())]) return nullptr;
    const auto found = std::ranges::find_if(
        rules_.added, [&](const AddedToken& token) { return text.starts_with(token.text); });
    return found == rules_.added.end() ? nullptr : &*found;
  }

  void encode_plain(std::string_view text, std::vector<std::int32_t>& ids) const {
    if (text.empty()) return;
    std::string with_space;
    if (rules_.add_prefix_space && text.front() != ' ') {
      with_space = ' ' + std::string(text);
      text = with_space;
    }
    std::vector<std::string_view> pieces{text};
    for (const RegexSplit& split : rules_.splits) {
      std::vector<std::string_view> finer;
      for (const std::string_view piece : pieces) split.split(piece, finer);
      pieces = std::move(finer);
    }
    for (const std::string_view piece : pieces) merge(piece, ids);
  }

  // Merges the pair of the lowest rank, the leftmost first, until there is none. COST O(n log n).
  void merge(std::string_view piece, std::vector<std::int32_t>& ids) const {
    if (rules_.ignore_merges) {
      std::string written;
      for (const char c : piece) written += rules_.symbols[static_cast<unsigned char>(c)];
      const auto whole = rules_.vocabulary.find(written);
      if (whole != rules_.vocabulary.end()) {
        ids.push_back(whole->second);
        return;
      }
    }
    struct Part {
      std::int32_t id;
      std::int32_t before;  // index, -1 = none
      std::int32_t after;
    };
    struct Candidate {
      std::int32_t rank;
      std::int32_t left;
      std::int32_t left_id;  // a candidate whose parts have changed is void
      std::int32_t right_id;
      bool operator>(const Candidate& other) const {
        return rank != other.rank ? rank > other.rank : left > other.left;
      }
    };
    constexpr std::int32_t kGone = -1;
    const auto n = static_cast<std::int32_t>(piece.size());
    std::vector<Part> parts;
    parts.reserve(piece.size());
    for (std::int32_t i = 0; i < n; ++i) {
      const auto byte = static_cast<unsigned char>(piece[static_cast<std::size_t>(i)]);
      parts.push_back({rules_.byte_ids[byte], i - 1, i + 1 < n ? i + 1 : -1});
    }
    const auto part = [&](std::int32_t i) -> Part& { return parts[static_cast<std::size_t>(i)]; };
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
    const auto offer = [&](std::int32_t left) {
      if (left < 0 || part(left).after < 0) return;
      const std::int32_t right_id = part(part(left).after).id;
      const auto found = rules_.merges.find({part(left).id, right_id});
      if (found == rules_.merges.end()) return;
      candidates.push({found->second.rank, left, part(left).id, right_id});
    };
    for (std::int32_t i = 0; i < n; ++i) offer(i);
    while (!candidates.empty()) {
      const Candidate next = candidates.top();
      candidates.pop();
      Part& left = part(next.left);
      if (left.id != next.left_id || left.after < 0 || part(left.after).id != next.right_id) {
        continue;
      }
      Part& right = part(left.after);
      left.id = rules_.merges.at({next.left_id, next.right_id}).result;
      right.id = kGone;
      left.after = right.after;
      if (left.after >= 0) part(left.after).before = next.left;
      offer(left.before);
      offer(next.left);
    }
    for (std::int32_t i = 0; i >= 0 && i < n; i = part(i).after) ids.push_back(part(i).id);
  }

  /// Common words that are one token each; else any lower-case words of the vocabulary.
  void choose_answer_pieces() {
    for (const AddedToken& token : rules_.added) {
      starts_added_[static_cast<unsigned char>(token.text.front())] = true;
    }
    const auto is_one_token = [this](const std::string& text) {
      std::vector<std::int32_t> ids;
      encode_plain(text, ids);
      return ids.size() == 1;
    };
    const std::unique_ptr<Tokenizer> approximate = make_approximate_tokenizer();
    for (const std::string& word : approximate->answer_pieces()) {
      if (is_one_token(word)) pieces_.push_back(word);
    }
    if (!pieces_.empty()) return;
    std::vector<std::pair<std::int32_t, std::string>> words;
    const std::string& space = rules_.symbols[' '];
    for (const auto& [text, id] : rules_.vocabulary) {
      if (!text.starts_with(space)) continue;
      const std::string word = text.substr(space.size());
      const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
      if (!word.empty() && std::ranges::all_of(word, is_lower)) words.emplace_back(id, ' ' + word);
    }
    std::ranges::sort(words);
    constexpr std::size_t kEnough = 50;
    for (const auto& [id, word] : words) {
      if (pieces_.size() < kEnough && is_one_token(word)) pieces_.push_back(word);
    }
  }

  Rules rules_;
  std::vector<std::string> pieces_;
  std::array<bool, 256> starts_added_{};
};

// ------------------------------------------------------------------------------------------------
// reading

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Rules read(std::string_view text) {
    const json root = json::parse(text, nullptr, false);
    if (root.is_discarded() || !root.is_object()) fail("", "is not a JSON object");
    read_normalizer(root);
    read_model(member(root, "model", "model"));
    read_added_tokens(root);
    const auto pre = root.find("pre_tokenizer");
    if (pre == root.end() || pre->is_null()) fail("pre_tokenizer", "is missing");
    read_pre_tokenizer(*pre, "pre_tokenizer");
    if (!is_byte_level_)
      fail("pre_tokenizer", "is not byte-level; only byte-level BPE is understood");
    if (const auto post = root.find("post_processor"); post != root.end() && !post->is_null()) {
      read_post_processor(*post);
    }
    return std::move(rules_);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& message) const {
    throw DataError({.file = file_, .line = 0, .key = key}, message);
  }
  const json& member(const json& object, const char* name, const std::string& key) const {
    if (!object.is_object()) fail(key, "must be an object");
    const auto found = object.find(name);
    if (found == object.end()) fail(key, "is missing");
    return *found;
  }
  std::string type_of(const json& object, const std::string& key) const {
    const json& type = member(object, "type", key + ".type");
    if (!type.is_string()) fail(key + ".type", "must be a string");
    return type.get<std::string>();
  }
  static bool flag(const json& object, const char* name, bool otherwise) {
    const auto found = object.find(name);
    return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
  }
  std::int32_t id_of(const json& value, const std::string& key) const {
    if (!value.is_number_unsigned() ||
        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) {
      fail(key, "must be a token id");
    }
    return value.get<std::int32_t>();
  }

  void read_normalizer(const json& root) const {
    const auto normalizer = root.find("normalizer");
    if (normalizer == root.end() || normalizer->is_null()) return;
    const std::string type = type_of(*normalizer, "normalizer");
    if (type == "NFC") return;
    if (type == "Sequence") {
      const auto all = normalizer->find("normalizers");
      if (all != normalizer->end() && all->is_array() && all->empty()) return;
    }
    fail("normalizer", fmt::format("\"{}\" is not understood (valid: null, NFC)", type));
  }

  void read_model(const json& model) {
    const std::string type = type_of(model, "model");
    if (type != "BPE")
      fail("model.type", fmt::format("\"{}\" is not understood (valid: BPE)", type));
    if (flag(model, "byte_fallback", false)) {
      fail("model.byte_fallback", "is not understood; only byte-level BPE is");
    }
    rules_.ignore_merges = flag(model, "ignore_merges", false);
    const json& vocabulary = member(model, "vocab", "model.vocab");
    if (!vocabulary.is_object()) fail("model.vocab", "must be an object");
    for (const auto& [text, id] : vocabulary.items()) {
      rules_.vocabulary[text] = id_of(id, "model.vocab");
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto found = rules_.vocabulary.find(rules_.symbols[byte]);
      if (found == rules_.vocabulary.end()) {
        fail("model.vocab",
             fmt::format("has no token for byte {}; only byte-level BPE is understood", byte));
      }
      rules_.byte_ids[byte] = found->second;
    }
    const json& merges = member(model, "merges", "model.merges");
    if (!merges.is_array()) fail("model.merges", "must be a list");
    std::int32_t rank = 0;
    for (const json& merge : merges) add_merge(merge, rank++);
  }

  // "left right", or ["left", "right"] as newer files have it.
  void add_merge(const json& merge, std::int32_t rank) {
    const std::string key = fmt::format("model.merges[{}]", rank);
    std::string left;
    std::string right;
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    } else if (merge.is_string()) {
      const std::string both = merge.get<std::string>();
      const std::size_t space = both.find(' ');
      if (space == std::string::npos) fail(key, "must be two tokens");
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else {
      fail(key, "must be two tokens");
    }
    const auto id = [&](const std::string& text) {
      const auto found = rules_.vocabulary.find(text);
      if (found == rules_.vocabulary.end()) {
        fail(key, fmt::format("\"{}\" is not in the vocabulary", text));
      }
      return found->second;
    };
    rules_.merges.try_emplace({id(left), id(right)}, Merge{rank, id(left + right)});
  }

  void read_added_tokens(const json& root) {
    const auto added = root.find("added_tokens");
    if (added == root.end() || !added->is_array()) return;
    for (const json& token : *added) {
      const json& text = member(token, "content", "added_tokens.content");
      if (!text.is_string()) fail("added_tokens.content", "must be a string");
      AddedToken entry{text.get<std::string>(),
                       id_of(member(token, "id", "added_tokens.id"), "added_tokens.id")};
      if (!entry.text.empty()) rules_.added.push_back(std::move(entry));
    }
    std::ranges::stable_sort(rules_.added, std::greater<>(),
                             [](const AddedToken& token) { return token.text.size(); });
  }

  void read_pre_tokenizer(const json& pre, const std::string& key) {
    const std::string type = type_of(pre, key);
    if (type == "Sequence") {
      const json& parts = member(pre, "pretokenizers", key + ".pretokenizers");
      if (!parts.is_array()) fail(key + ".pretokenizers", "must be a list");
      std::size_t i = 0;
      for (const json& part : parts) {
        // Of one level: a file cannot make us recurse as deep as it likes.
        const std::string name = fmt::format("{}.pretokenizers[{}]", key, i++);
        if (type_of(part, name) == "Sequence") fail(name, "must not be a sequence again");
        read_pre_tokenizer(part, name);
      }
    } else if (type == "ByteLevel") {
      is_byte_level_ = true;
      rules_.add_prefix_space = flag(pre, "add_prefix_space", false);
      if (flag(pre, "use_regex", true)) add_split(std::string(kByteLevelPattern), key);
    } else if (type == "Digits") {
      add_split(flag(pre, "individual_digits", false) ? "\\p{N}" : "\\p{N}+", key);
    } else if (type == "Split") {
      const json& behavior = member(pre, "behavior", key + ".behavior");
      if (behavior != "Isolated" || flag(pre, "invert", false)) {
        fail(key + ".behavior",
             fmt::format("{} is not understood (valid: \"Isolated\", not inverted)",
                         behavior.dump()));
      }
      const json& pattern = member(pre, "pattern", key + ".pattern");
      if (pattern.contains("Regex") && pattern["Regex"].is_string()) {
        add_split(pattern["Regex"].get<std::string>(), key + ".pattern.Regex");
      } else if (pattern.contains("String") && pattern["String"].is_string()) {
        add_split(quoted_pattern(pattern["String"].get<std::string>()), key + ".pattern.String");
      } else {
        fail(key + ".pattern", "must be a Regex or a String");
      }
    } else {
      fail(key + ".type",
           fmt::format("\"{}\" is not understood (valid: ByteLevel, Digits, Sequence, Split)",
                       type));
    }
  }

  void add_split(const std::string& pattern, const std::string& key) {
    try {
      rules_.splits.emplace_back(pattern);
    } catch (const std::invalid_argument& error) {
      fail(key, fmt::format("is no regular expression that PCRE2 takes: {}", error.what()));
    }
  }

  // Special tokens before the text in the template for one text.
  void read_post_processor(const json& post) {
    const std::string type = type_of(post, "post_processor");
    if (type == "Sequence" && post.contains("processors") && post["processors"].is_array()) {
      for (const json& part : post["processors"]) {
        if (type_of(part, "post_processor.processors") == "TemplateProcessing") read_template(part);
      }
    } else if (type == "TemplateProcessing") {
      read_template(post);
    }
  }
  void read_template(const json& post) {
    const std::string key = "post_processor.single";
    const json& single = member(post, "single", key);
    if (!single.is_array()) fail(key, "must be a list");
    for (const json& part : single) {
      if (!part.is_object() || !part.contains("SpecialToken")) return;
      const json& name = member(part["SpecialToken"], "id", key);
      if (!name.is_string()) fail(key, "must name special tokens");
      const auto token =
          std::ranges::find(rules_.added, name.get<std::string>(), &AddedToken::text);
      if (token == rules_.added.end()) {
        fail(key, fmt::format("{} is no added token", name.dump()));
      }
      rules_.prefix.push_back(token->id);
    }
  }

  const std::string& file_;
  Rules rules_;
  bool is_byte_level_ = false;
};

}  // namespace

std::unique_ptr<Tokenizer> parse_bpe_tokenizer(std::string_view json_text,
                                               const std::string& file) {
  auto tokenizer = std::make_unique<BpeTokenizer>(Reader(file).read(json_text));
  if (tokenizer->answer_pieces().empty()) {
    throw DataError({.file = file, .line = 0, .key = "model.vocab"},
                    "has no word that is one token, which answers could be made of");
  }
  return tokenizer;
}

}  // namespace blis::live
