// Sandboxes: what scripts can do, what they cannot, and what happens if they try.

#include "script/sandbox.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "testing/message_of.h"

namespace blis::script {
namespace {

constexpr std::array<std::string_view, 2> kRequest = {"tokens", "class"};
constexpr std::array<std::string_view, 1> kInstance = {"load"};
constexpr Schema kSchema = {kRequest, kInstance};

/// Instances with loads, a request of 7 tokens and class "batch", at 1234 µs.
class FakeView final : public View {
 public:
  std::vector<double> loads = {3, 1, 2};
  Micros now() const override { return Micros(1234); }
  std::size_t num_instances() const override { return loads.size(); }
  Value request_field(std::size_t field) const override {
    return field == 0 ? Value::of(std::int64_t{7}) : Value::of(std::string_view("batch"));
  }
  Value instance_field(std::size_t instance, std::size_t) const override {
    return Value::of(loads[instance]);
  }
};

PolicyScript script_of(std::string source, std::int64_t seed = 42) {
  PolicyScript script;
  script.file = "p.lua";
  script.source = std::move(source);
  script.seed = seed;
  return script;
}

/// score() of instance 0, whose body is given.
double score(const std::string& body, const std::string& before = "") {
  const PolicyScript script =
      script_of(before + "\nfunction score(request, instance, cluster)\n" + body + "\nend");
  Sandbox sandbox(script, "test", kSchema);
  sandbox.begin_decision();
  return sandbox.number(Function::kScore, FakeView(), 0);
}

std::string error_of(const std::string& body) {
  return testing::message_of([&] { score(body); });
}

TEST(Sandbox, ShowsRequestInstanceAndCluster) {
  EXPECT_EQ(score("return request.tokens"), 7);
  EXPECT_EQ(score("return request.class == 'batch' and 1 or 0"), 1);
  EXPECT_EQ(score("return instance.load"), 3);
  EXPECT_EQ(score("return #cluster"), 3);
  EXPECT_EQ(score("return cluster[2].load"), 1);
  EXPECT_EQ(score("return cluster[4] == nil and cluster[0] == nil and 1 or 0"), 1);
  EXPECT_EQ(score("return cluster.now_us"), 1234);
  EXPECT_EQ(score("return cluster.decision"), 1);
}

TEST(Sandbox, KeepsHugeNegativeAndInfiniteNumbers) {
  EXPECT_EQ(score("return -1e308"), -1e308);
  EXPECT_EQ(score("return math.huge"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(score("return -math.huge"), -std::numeric_limits<double>::infinity());
}

TEST(Sandbox, SaysWhereAndWhenAScriptFailed) {
  EXPECT_EQ(error_of("return nil + 1"),
            "p.lua:3: attempt to perform arithmetic on a nil value (in score(), at 1234 µs of "
            "simulated time)");
  EXPECT_EQ(error_of("error('no')"), "p.lua:3: no (in score(), at 1234 µs of simulated time)");
  EXPECT_EQ(error_of("error({})"),
            "p.lua: error of type table (in score(), at 1234 µs of simulated time)");
  EXPECT_EQ(error_of("return request.output_tokens"),
            "p.lua:3: request has no field 'output_tokens' (in score(), at 1234 µs of simulated "
            "time)");
  EXPECT_EQ(error_of("request.tokens = 1"),
            "p.lua:3: request, instance and cluster cannot be changed (in score(), at 1234 µs of "
            "simulated time)");
}

TEST(Sandbox, RefusesResultsOfTheWrongKind) {
  EXPECT_EQ(error_of("return 0 / 0"),
            "p.lua:2: score() must return a number that is not NaN, not NaN (in score(), at 1234 "
            "µs of simulated time)");
  for (const char* result : {"", "return nil", "return '1'", "return true", "return {}"}) {
    EXPECT_NE(error_of(result).find("p.lua:2: score() must return a number, not"),
              std::string::npos)
        << result;
  }
  const PolicyScript script = script_of("function admit() return 1 end");
  Sandbox sandbox(script, "test", kSchema);
  EXPECT_THROW(sandbox.truth(Function::kAdmit, FakeView(), std::nullopt), ConfigError);
}

TEST(Sandbox, EndsLoopsByTheBudget) {
  EXPECT_NE(error_of("while true do end").find("p.lua:3: the call used up its budget"),
            std::string::npos);
  EXPECT_NE(error_of("local function f() return f() end return f()").find("budget"),
            std::string::npos);
  EXPECT_NE(error_of("local function f() return 1 + f() end return f()").find("stack overflow"),
            std::string::npos);
  EXPECT_THROW(Sandbox(script_of("while true do end"), "test", kSchema), ConfigError);
  // Each call has the budget to itself.
  const PolicyScript script =
      script_of("function score() for i = 1, 200000 do local x = i end return 1 end");
  Sandbox sandbox(script, "test", kSchema);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sandbox.number(Function::kScore, FakeView(), 0), 1);
}

TEST(Sandbox, EndsGrowthByTheCap) {
  EXPECT_NE(error_of("local s = 'x' while true do s = s .. s end").find("more than 64 MiB"),
            std::string::npos);
  EXPECT_NE(error_of("local s = ('x'):sub(1) for i = 1, 40 do s = s .. s end return 1")
                .find("more than 64 MiB"),
            std::string::npos);
}

TEST(Sandbox, HoldsNothingThatReachesOutside) {
  for (const char* name : {"io",           "os",       "debug",          "ffi",
                           "jit",          "package",  "require",        "load",
                           "loadstring",   "loadfile", "dofile",         "print",
                           "pcall",        "xpcall",   "coroutine",      "next",
                           "getfenv",      "setfenv",  "collectgarbage", "setmetatable",
                           "getmetatable", "newproxy", "module",         "gcinfo",
                           "rawset"}) {
    EXPECT_EQ(score(std::string("return ") + name + " == nil and 1 or 0"), 1) << name;
  }
  for (const char* name : {"string.rep", "string.format", "string.find", "string.gsub",
                           "string.dump", "math.randomseed", "table.foreach"}) {
    EXPECT_EQ(score(std::string("return ") + name + " == nil and 1 or 0"), 1) << name;
  }
}

TEST(Sandbox, RefusesBytecode) {
  EXPECT_THROW(Sandbox(script_of("\x1bLJ\x02"), "test", kSchema), ConfigError);
}

TEST(Sandbox, IteratesInADefinedOrder) {
  EXPECT_EQ(score("local text = '' for key, value in pairs({b = 1, a = 2, [3] = 1, [1] = 1, "
                  "[false] = 1, [2.5] = 1}) do text = text .. tostring(key) .. ' ' end "
                  "return text == '1 2.5 3 a b false ' and 1 or 0"),
            1);
  EXPECT_NE(error_of("for _ in pairs({[{}] = 1}) do end").find("no order for keys of type table"),
            std::string::npos);
  EXPECT_NE(error_of("for _ in pairs(request) do end").find("table expected, got userdata"),
            std::string::npos);
}

TEST(Sandbox, ShowsNoAddresses) {
  EXPECT_EQ(score("return tostring({}) == 'table' and tostring(request) == 'userdata' and "
                  "tostring(1.5) == '1.5' and tostring(nil) == 'nil' and 1 or 0"),
            1);
}

TEST(Sandbox, DrawsFromTheSeedOfTheRunAndTheNamedStream) {
  const char* source =
      "function score() local n = math.random(6) assert(n >= 1 and n <= 6) "
      "return n + math.random(-3, -3) + math.random() end";
  const auto draws = [&](std::int64_t seed, const char* stream) {
    const PolicyScript script = script_of(source, seed);
    Sandbox sandbox(script, stream, kSchema);
    std::vector<double> values;
    for (int i = 0; i < 20; ++i) values.push_back(sandbox.number(Function::kScore, FakeView(), 0));
    return values;
  };
  EXPECT_EQ(draws(1, "a"), draws(1, "a"));
  EXPECT_NE(draws(1, "a"), draws(2, "a"));
  EXPECT_NE(draws(1, "a"), draws(1, "b"));
  EXPECT_NE(error_of("return math.random(0)").find("interval is empty"), std::string::npos);
  EXPECT_NE(error_of("return math.random(0 / 0)").find("interval is empty"), std::string::npos);
}

TEST(Sandbox, SharesNothingWithAnother) {
  const PolicyScript script =
      script_of("local n = 0 function score() n = n + 1 math.floor = nil return n end");
  Sandbox a(script, "test", kSchema);
  Sandbox b(script, "test", kSchema);
  EXPECT_EQ(a.number(Function::kScore, FakeView(), 0), 1);
  EXPECT_EQ(a.number(Function::kScore, FakeView(), 0), 2);
  EXPECT_EQ(b.number(Function::kScore, FakeView(), 0), 1);
}

// An instance that a script kept is looked up among the candidates of the decision at hand.
TEST(Sandbox, RefusesInstancesThatAreGone) {
  const PolicyScript script = script_of(
      "local kept function score(request, instance, cluster) kept = kept or cluster[3] return "
      "kept.load end");
  Sandbox sandbox(script, "test", kSchema);
  FakeView view;
  EXPECT_EQ(sandbox.number(Function::kScore, view, 0), 2);
  view.loads = {5};
  EXPECT_THROW(sandbox.number(Function::kScore, view, 0), ConfigError);
}

TEST(PolicyScript, SaysWhatItDefines) {
  const auto script = make_policy_script(
      "p.lua", "function score() return 1 end function priority() return 1 end", 1);
  EXPECT_TRUE(script->has_score);
  EXPECT_FALSE(script->has_admit);
  EXPECT_TRUE(script->has_priority);
}

TEST(PolicyScript, RefusesWhatIsNoPolicy) {
  const auto message = [](const char* source) {
    return testing::message_of([&] { make_policy_script("p.lua", source, 1); });
  };
  EXPECT_EQ(message("local x"),
            "p.lua: the script defines none of the functions score, admit and priority");
  EXPECT_EQ(message("score = 3"), "p.lua: score: is a number, not a function");
  EXPECT_EQ(message("\nfunction score("), "p.lua:2: <name> or '...' expected near '<eof>'");
  EXPECT_EQ(message("error('early')"), "p.lua:1: early");
  EXPECT_NE(message("local x = instance.load").find("p.lua:1:"), std::string::npos);
}

}  // namespace
}  // namespace blis::script
