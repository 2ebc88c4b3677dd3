#include "base/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace blis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

/// The one value of the document, read with `getter`; nullopt and a message if it has another type.
template <typename T>
std::optional<T> read_as(std::optional<T> (YamlNode::*getter)(YamlErrors&) const,
                         std::string_view text, std::string* message = nullptr) {
  YamlErrors errors("f.yaml");
  const auto node = parse_yaml(text, "f.yaml");
  const auto value = ((*node).*getter)(errors);
  EXPECT_EQ(value.has_value(), errors.empty()) << text;
  if (message != nullptr && !errors.empty()) *message = errors.sorted_messages()[0];
  return value;
}
std::optional<std::int64_t> as_int(std::string_view text) {
  return read_as(&YamlNode::as_int, text);
}
std::optional<double> as_double(std::string_view text) {
  return read_as(&YamlNode::as_double, text);
}
std::optional<bool> as_bool(std::string_view text) { return read_as(&YamlNode::as_bool, text); }
std::optional<std::string> as_string(std::string_view text) {
  return read_as(&YamlNode::as_string, text);
}

TEST(YamlReader, Integers) {
  EXPECT_EQ(as_int("42"), 42);
  EXPECT_EQ(as_int("-7"), -7);
  EXPECT_EQ(as_int("+7"), 7);
  EXPECT_EQ(as_int("0x1F"), 31);
  EXPECT_EQ(as_int("-0x1F"), -31);
  EXPECT_EQ(as_int("0o17"), 15);
  EXPECT_EQ(as_int("017"), 15);
  EXPECT_EQ(as_int("0b101"), 5);
  EXPECT_EQ(as_int("1_000"), 1000);
  EXPECT_EQ(as_int("1e6"), 1'000'000);
  EXPECT_EQ(as_int("1.9"), 1);
  EXPECT_EQ(as_int("-0.5"), 0);
  EXPECT_EQ(as_int("08"), 8);  // not octal, so a real
  EXPECT_EQ(as_int("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(as_int("-.inf"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"\"7\"", "'7'", "9223372036854775808", "1e19", ".inf", ".nan", "abc",
                           "true", "[1]", "{a: 1}", "2024-01-01", "!!str 7", "1e", "0x", "-"}) {
    EXPECT_EQ(as_int(text), std::nullopt) << text;
  }
}

TEST(YamlReader, Reals) {
  EXPECT_EQ(as_double("0.25"), 0.25);
  EXPECT_EQ(as_double("3"), 3.0);
  EXPECT_EQ(as_double("010"), 8.0);
  EXPECT_EQ(as_double("1e-3"), 1e-3);
  EXPECT_EQ(as_double(".5"), 0.5);
  EXPECT_EQ(as_double("5."), 5.0);
  EXPECT_EQ(as_double("-.5e1"), -5.0);
  EXPECT_EQ(as_double("18446744073709551615"), 18446744073709551615.0);
  EXPECT_EQ(as_double(".inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(as_double("-.Inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*as_double(".nan")));
  for (const char* text : {"\"0.5\"", "1e400", "inf", "nan", "yes", "1:30", "0x1p3", "._5"}) {
    EXPECT_EQ(as_double(text), std::nullopt) << text;
  }
}

TEST(YamlReader, Booleans) {
  for (const char* text : {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON",
                           "\"yes\"", "'on'"}) {
    EXPECT_EQ(as_bool(text), true) << text;
  }
  for (const char* text : {"false", "no", "N", "off", "OFF", "\"off\""}) {
    EXPECT_EQ(as_bool(text), false) << text;
  }
  for (const char* text : {"\"true\"", "1", "0", "yEs", "tRue", "t"}) {
    EXPECT_EQ(as_bool(text), std::nullopt) << text;
  }
}

TEST(YamlReader, StringsAreTheLiteralText) {
  EXPECT_EQ(as_string("2"), "2");
  EXPECT_EQ(as_string("0x1F"), "0x1F");
  EXPECT_EQ(as_string("true"), "true");
  EXPECT_EQ(as_string("\"a\\tb\""), "a\tb");
  EXPECT_EQ(as_string("\"\\N\\_\\x85\\u00e9\""), "\u0085\u00a0\u0085\u00e9");
  EXPECT_EQ(as_string("'it''s'"), "it's");
  EXPECT_EQ(as_string("|\n  two\n  lines\n"), "two\nlines\n");
  EXPECT_EQ(as_string("\"\""), "");
  EXPECT_EQ(as_string("[a]"), std::nullopt);
}

TEST(YamlReader, NamesValueAndPlaceOfAWrongType) {
  std::string message;
  read_as(&YamlNode::as_int, "\n\n'7'", &message);
  EXPECT_EQ(message, "f.yaml:3: expected an integer, got the text \"7\"");
  read_as(&YamlNode::as_double, "[1]", &message);
  EXPECT_EQ(message, "f.yaml:1: expected a number, got a list");
}

TEST(YamlReader, OnlyTheFirstDocumentCounts) {
  EXPECT_EQ(as_int("1\n---\n2\n"), 1);
  EXPECT_EQ(as_int("--- 1\n---\n\"not closed"), 1);
}

TEST(YamlReader, TellsNoDocumentFromAnEmptyOne) {
  EXPECT_FALSE(parse_yaml("", "f"));
  EXPECT_FALSE(parse_yaml("# nothing\n\n", "f"));
  for (const char* text : {"---", "null", "~", "--- # nothing\n"}) {
    const auto node = parse_yaml(text, "f");
    ASSERT_TRUE(node) << text;
    EXPECT_TRUE(node->is_null()) << text;
  }
  EXPECT_TRUE(parse_yaml("{}", "f")->is_map());
}

template <typename Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(YamlReader, ReportsWhatIsNotYaml) {
  EXPECT_THAT(error_of([] { parse_yaml("a: 1\nb: [1, 2\nc: 3\n", "bad.yaml"); }),
              HasSubstr("bad.yaml:"));
  EXPECT_THAT(error_of([] { parse_yaml("a: 1\nb: c: d\n", "bad.yaml"); }),
              HasSubstr("bad.yaml:2: not YAML"));
  EXPECT_THAT(error_of([] { parse_yaml("a: *x\n", "bad.yaml"); }), HasSubstr("bad.yaml:1"));
  EXPECT_THAT(error_of([] { parse_yaml("a: &x [*x]\n", "bad.yaml"); }),
              HasSubstr("bad.yaml:1: an anchored value contains itself"));
  EXPECT_THAT(error_of([] { parse_yaml("a: 1\nb: \xff\n", "bad.yaml"); }),
              HasSubstr("bad.yaml:2: not YAML: invalid UTF-8"));
  EXPECT_THAT(error_of([] { parse_yaml("a: \x01\n", "bad.yaml"); }),
              HasSubstr("control character"));
  EXPECT_THAT(error_of([] { load_yaml("/nonexistent/x.yaml"); }),
              HasSubstr("/nonexistent/x.yaml: cannot read: No such file"));
}

/// Keys and values as text, with what was reported.
std::vector<std::pair<std::string, std::string>> entries_of(std::string_view text,
                                                            std::vector<std::string>* messages) {
  YamlErrors errors("f");
  std::vector<std::pair<std::string, std::string>> result;
  const auto entries = parse_yaml(text, "f")->as_entries(errors);
  for (const auto& [key, node] : *entries) {
    result.emplace_back(key, node.is_null() ? "null" : *node.as_string(errors));
  }
  *messages = errors.sorted_messages();
  return result;
}

TEST(YamlReader, EntriesKeepFileOrderNullValuesAndLiteralKeys) {
  std::vector<std::string> messages;
  EXPECT_THAT(entries_of("b: 1\n100: 2\na:\n0x1: 3\n~: 4\ntrue: 5\n", &messages),
              ElementsAre(Pair("b", "1"), Pair("100", "2"), Pair("a", "null"), Pair("0x1", "3"),
                          Pair("true", "5")));
  EXPECT_THAT(messages, IsEmpty());
}

TEST(YamlReader, ReportsDuplicateKeysByTheirText) {
  std::vector<std::string> messages;
  entries_of("1: a\n0x1: b\n\"1\": c\n", &messages);
  EXPECT_THAT(messages, ElementsAre("f:3: key \"1\" is already set in line 1"));
}

TEST(YamlReader, MergesMappings) {
  std::vector<std::string> messages;
  // The mapping's own keys win wherever they stand; of merged ones, the first does.
  YamlErrors errors("f");
  const auto node = parse_yaml(
      "one: &one {a: 1, b: 1}\n"
      "two: &two {b: 2, c: 2}\n"
      "all:\n  <<: [*one, *two]\n  a: 3\n  d: 3\n",
      "f");
  YamlFields fields(*node, errors);
  fields.node("one");
  fields.node("two");
  std::vector<std::pair<std::string, std::string>> all;
  const auto merged = fields.entries("all");
  for (const auto& [key, value] : *merged) {
    all.emplace_back(key, *value.as_string(errors));
  }
  EXPECT_THAT(all, ElementsAre(Pair("a", "3"), Pair("d", "3"), Pair("b", "1"), Pair("c", "2")));
  EXPECT_TRUE(errors.empty());

  EXPECT_THAT(entries_of("<<: 3\na: 1\n", &messages), ElementsAre(Pair("a", "1")));
  EXPECT_THAT(messages, ElementsAre(HasSubstr("\"<<\" merges a mapping")));
  EXPECT_THAT(entries_of("\"<<\": 3\n", &messages), ElementsAre(Pair("<<", "3")));
}

// Each level names the one below ten times: 10^30 merges if they were all carried out.
TEST(YamlReader, MergesOfMergesTakeNoExponentialTime) {
  std::string text = "a0: &a0 {k: 1}\n";
  for (int i = 1; i <= 30; ++i) {
    std::string list;
    for (int j = 0; j < 10; ++j) list += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: [" + list + "]}\n";
  }
  YamlErrors errors("f");
  const auto entries = parse_yaml(text, "f")->as_entries(errors);
  EXPECT_EQ(entries->back().second.as_entries(errors)->size(), 1u);
}

TEST(YamlReader, NullItemsOfAListVanish) {
  YamlErrors errors("f");
  EXPECT_EQ(parse_yaml("[null, 1, ~, ]", "f")->as_list(errors)->size(), 1u);
}

struct Client {
  std::string id = "default";
  std::int64_t rounds = 7;
  double rate = 0.5;
  bool streaming = true;
  std::optional<double> cv;
};

std::vector<std::string> read_clients(std::string_view text, std::vector<Client>& out) {
  YamlErrors errors("w.yaml");
  const auto root = parse_yaml(text, "w.yaml");
  if (YamlFields f{*root, errors}) {
    const auto clients = f.list("clients");
    if (clients) {
      for (const YamlNode& item : *clients) {
        Client& client = out.emplace_back();
        YamlFields c{item, errors};
        c.read("id", client.id);
        c.read("rounds", client.rounds);
        c.read("rate", client.rate);
        c.read("streaming", client.streaming);
        c.read("cv", client.cv);
      }
    }
  }
  return errors.sorted_messages();
}

TEST(YamlFields, LeavesDefaultsForWhatIsAbsentOrNull) {
  std::vector<Client> clients;
  EXPECT_THAT(read_clients("clients:\n  - id: 0x1F\n    rounds:\n    cv: 2\n  - {streaming: off}\n",
                           clients),
              IsEmpty());
  ASSERT_EQ(clients.size(), 2u);
  EXPECT_EQ(clients[0].id, "0x1F");
  EXPECT_EQ(clients[0].rounds, 7);
  EXPECT_EQ(clients[0].cv, 2.0);
  EXPECT_FALSE(clients[1].streaming);
  EXPECT_EQ(clients[1].cv, std::nullopt);
}

TEST(YamlFields, ReportsAllMistakesInLineOrder) {
  std::vector<Client> clients;
  EXPECT_THAT(
      read_clients("clients:\n"
                   "  - id: a\n"
                   "    round: 3\n"
                   "    rate: fast\n"
                   "  - 7\n"
                   "  - streamin:\n"
                   "      deep: 1\n"
                   "zzz: 1\n",
                   clients),
      ElementsAre("w.yaml:3: clients[0].round: unknown key \"round\"; did you mean \"rounds\"? "
                  "(valid: id, rounds, rate, streaming, cv)",
                  "w.yaml:4: clients[0].rate: expected a number, got \"fast\"",
                  "w.yaml:5: clients[1]: expected a mapping, got \"7\"",
                  "w.yaml:6: clients[2].streamin: unknown key \"streamin\"; did you mean "
                  "\"streaming\"? (valid: id, rounds, rate, streaming, cv)",
                  "w.yaml:8: zzz: unknown key \"zzz\" (valid: clients)"));
}

TEST(YamlFields, TakesANullNodeForAnEmptyMapping) {
  std::vector<Client> clients;
  EXPECT_THAT(read_clients("---\n", clients), IsEmpty());
  EXPECT_THAT(read_clients("[]\n", clients),
              ElementsAre("w.yaml:1: expected a mapping, got a list"));
}

TEST(YamlErrors, ThrowsAllMessagesAtOnce) {
  YamlErrors errors("f");
  errors.throw_if_any();
  errors.add(2, "b", "second");
  errors.add(1, "", "first");
  EXPECT_EQ(error_of([&] { errors.throw_if_any(); }), "f:1: first\nf:2: b: second");
}

}  // namespace
}  // namespace blis
