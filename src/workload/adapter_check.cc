#include "workload/adapter_check.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/error.h"

namespace blis::workload {
namespace {

void check_entry(const std::string& file, const std::string& path, const ClientSpec& entry,
                 const DeclaredAdapters& declared) {
  if (entry.adapter.empty()) return;
  const auto fail = [&](const std::string& key, std::string_view message) {
    throw ConfigError(InputLocation{file, entry.line, path + "." + key}, message);
  };
  if (declared.empty()) {
    fail("adapter", fmt::format("\"{}\" is named, but no adapters are declared", entry.adapter));
  }
  const auto found = declared.find(entry.adapter);
  if (found == declared.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, base_model] : declared) names.push_back(name);
    fail("adapter", unknown_name("adapter", entry.adapter, names));
  }
  if (!found->second.empty() && entry.model != found->second) {
    fail("model", fmt::format("adapter \"{}\" belongs to base model \"{}\", got \"{}\"",
                              entry.adapter, found->second, entry.model));
  }
}

}  // namespace

void check_adapter_references(const WorkloadSpec& spec, const DeclaredAdapters& declared) {
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    check_entry(spec.file, fmt::format("client[{}]", i), spec.clients[i], declared);
  }
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    check_entry(spec.file, fmt::format("cohort[{}]", i), spec.cohorts[i].member, declared);
  }
}

void warn_about_adapters(const WorkloadSpec& spec, Diagnostics& diagnostics) {
  const auto warn = [&](const ClientSpec& entry) {
    if (!entry.adapter.empty()) {
      diagnostics.warn("adapters of the workload spec are ignored", entry.adapter);
    }
  };
  for (const ClientSpec& client : spec.clients) warn(client);
  for (const CohortSpec& cohort : spec.cohorts) warn(cohort.member);
}

}  // namespace blis::workload
