// Every family of policies that can be chosen from or extended, its members, and what can be set of
// them: what `blis policies` prints. Members come from the registries, settings that are flags from
// the flag table, defaults from the config structs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blis::config {

struct PolicySetting {
  std::string name;          ///< a flag, or the path of a key in a file
  std::string unit;          ///< "" if it has none
  std::string default_text;  ///< "" if nothing is set by default
  std::string help;
};

struct PolicyMember {
  std::string_view name;
  std::string_view help;
  std::vector<PolicySetting> settings{};  ///< of this member alone
};

struct PolicyFamily {
  std::string_view title;
  std::string_view chosen_by;  ///< the flag or key
  std::vector<PolicyMember> members{};
  std::vector<PolicySetting> settings{};  ///< of all members together
};

std::vector<PolicyFamily> policy_families();

}  // namespace blis::config
