// Policy scripts: whatever the text, it is refused with a message that names the file, or its
// functions can be asked, and either answer or fail with such a message; and they answer the same
// when asked by a second sandbox.

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "script/policy_script.h"
#include "script/sandbox.h"

namespace {

using blis::script::Function;
using blis::script::Sandbox;
using blis::script::Value;

constexpr std::array<std::string_view, 3> kRequest = {"input_tokens", "priority", "slo_class"};
constexpr std::array<std::string_view, 2> kInstance = {"id", "kv_utilization"};

class SmallView final : public blis::script::View {
 public:
  blis::Micros now() const override { return blis::Micros(1234); }
  std::size_t num_instances() const override { return 3; }
  Value request_field(std::size_t field) const override {
    return field == 2 ? Value::of(std::string_view("batch")) : Value::of(std::int64_t{7});
  }
  Value instance_field(std::size_t instance, std::size_t field) const override {
    return field == 0 ? Value::of(static_cast<std::int64_t>(instance)) : Value::of(0.5);
  }
};

/// What the script answers to one round of questions, as text; its last word may be an error.
std::string answers(const blis::script::PolicyScript& script) {
  std::string text;
  try {
    Sandbox sandbox(script, "fuzz", {kRequest, kInstance});
    const SmallView view;
    for (int decision = 0; decision < 2; ++decision) {
      sandbox.begin_decision();
      for (std::size_t i = 0; i < view.num_instances() && script.has_score; ++i) {
        text +=
            std::to_string(std::bit_cast<std::uint64_t>(sandbox.number(Function::kScore, view, i)));
      }
      if (script.has_admit) {
        text += sandbox.truth(Function::kAdmit, view, std::nullopt) ? "yes" : "no";
      }
      if (script.has_priority) text += std::to_string(sandbox.number(Function::kPriority, view, 0));
    }
  } catch (const blis::ConfigError& error) {
    BLIS_CHECK(std::string_view(error.what()).find("fuzz.lua") != std::string_view::npos,
               "an error without its file: {}", error.what());
    text += error.what();
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto script = blis::script::make_policy_script(
        "fuzz.lua", std::string(reinterpret_cast<const char*>(data), size), 42);
    BLIS_CHECK(answers(*script) == answers(*script), "two sandboxes differ");
  } catch (const blis::ConfigError& error) {
    BLIS_CHECK(std::string_view(error.what()).find("fuzz.lua") != std::string_view::npos,
               "an error without its file: {}", error.what());
  }
  return 0;
}
