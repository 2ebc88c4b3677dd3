#include "config/policy_families.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/policy_bundle.h"

namespace blis::config {
namespace {

/// `a.b.c` with a value, as YAML.
std::string as_yaml(std::string_view path, std::string_view value) {
  std::string text;
  std::string indent;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    text += indent + std::string(path.substr(0, dot)) + ":\n";
    path.remove_prefix(dot + 1);
    indent += "  ";
  }
  return text + indent + std::string(path) + ": " + std::string(value) + "\n";
}

bool is_of_bundle(std::string_view setting) {
  return setting.starts_with("admission.") || setting.starts_with("autoscaler.") ||
         setting == "tenant_budgets";
}

TEST(PolicyFamilies, NameKeysAndDefaultsThatABundleTakes) {
  std::set<std::string> seen;
  const auto check = [&](const std::vector<PolicySetting>& settings) {
    for (const PolicySetting& setting : settings) {
      EXPECT_FALSE(setting.help.empty()) << setting.name;
      if (!is_of_bundle(setting.name) || !seen.insert(setting.name).second) continue;
      const std::string value = setting.default_text.empty() ? "{}" : setting.default_text;
      EXPECT_NO_THROW(parse_policy_bundle(as_yaml(setting.name, value), "b.yaml")) << setting.name;
    }
  };
  for (const PolicyFamily& family : policy_families()) {
    check(family.settings);
    for (const PolicyMember& member : family.members) check(member.settings);
  }
  EXPECT_GE(seen.size(), 10U);
}

TEST(PolicyFamilies, ShowUnitAndDefaultOfAFlag) {
  const PolicyFamily admission = policy_families().front();
  for (const PolicyMember& member : admission.members) {
    if (member.name != "token-bucket") continue;
    ASSERT_EQ(member.settings.size(), 2U);
    EXPECT_EQ(member.settings[1].name, "--token-bucket-refill-rate");
    EXPECT_EQ(member.settings[1].unit, "tokens/s");
    EXPECT_EQ(member.settings[1].default_text, "1000");
  }
}

}  // namespace
}  // namespace blis::config
