#include "report/gpu_costs.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace blis::report {
namespace {

double hours(std::int64_t us) { return static_cast<double>(us) / 3.6e9; }

void write_hours_by(JsonWriter& json, std::string_view key,
                    const std::map<std::string, std::int64_t, std::less<>>& gpu_us) {
  json.key(key);
  json.begin_object();
  for (const auto& [name, us] : gpu_us) json.member(name, hours(us));
  json.end_object();
}

}  // namespace

void write_gpu_costs(JsonWriter& json, const control::GpuUsage& usage, const SymbolTable& symbols,
                     std::int64_t output_tokens) {
  std::map<std::string, std::int64_t, std::less<>> by_type;
  std::map<std::string, std::int64_t, std::less<>> by_model;
  for (const auto& account : usage.provisioned) by_type[account.gpu_type] += account.gpu_us;
  for (const auto& account : usage.owned) {
    by_model[std::string(symbols.text(account.model))] += account.gpu_us;
  }
  const std::int64_t provisioned_us = usage.provisioned_gpu_us();
  json.key("gpu_costs");
  json.begin_object();
  json.member("gpu_hours", hours(provisioned_us));
  json.member("unused_gpu_hours", hours(provisioned_us - usage.owned_gpu_us()));
  write_hours_by(json, "gpu_hours_by_gpu_type", by_type);
  write_hours_by(json, "used_gpu_hours_by_model", by_model);
  if (const std::optional<double> usd = usage.cost_usd()) {
    json.member("cost_usd", *usd);
    if (output_tokens > 0) {
      json.member("usd_per_million_output_tokens", *usd / static_cast<double>(output_tokens) * 1e6);
    }
  }
  json.end_object();
}

}  // namespace blis::report
