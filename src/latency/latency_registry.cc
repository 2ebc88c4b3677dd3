#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "latency/construction_checks.h"
#include "latency/latency_model.h"

namespace blis::latency {

#define BLIS_LATENCY_MODEL(name, factory, help)                                  \
  std::unique_ptr<LatencyModel> factory(const LatencyConfig& config,             \
                                        const model::Architecture& architecture, \
                                        const model::Gpu& gpu);
#include "latency/latency_models.def"
#undef BLIS_LATENCY_MODEL

namespace {

constexpr LatencyModelEntry kEntries[] = {
#define BLIS_LATENCY_MODEL(name, factory, help) {name, factory, help},
#include "latency/latency_models.def"
#undef BLIS_LATENCY_MODEL
};
static_assert(std::ranges::is_sorted(kEntries, {}, &LatencyModelEntry::name));

constexpr std::size_t kAlphaCount = 3;

void check_config(const LatencyConfig& config, const model::Architecture& architecture) {
  if (config.alpha.size() < kAlphaCount) {
    throw ConfigError(fmt::format("alpha coefficients: at least {} are needed, got {}", kAlphaCount,
                                  config.alpha.size()));
  }
  check_coefficients("alpha", config.alpha);
  if (config.data_parallel < 1) {
    throw ConfigError(
        fmt::format("data parallel degree must be >= 1, got {}", config.data_parallel));
  }
  if (config.data_parallel > 1 && !architecture.is_moe()) {
    throw ConfigError(fmt::format("data parallel degree {} needs a mixture-of-experts model",
                                  config.data_parallel));
  }
}

}  // namespace

std::span<const LatencyModelEntry> latency_model_entries() { return kEntries; }

const LatencyModelEntry* find_latency_model(std::string_view name) {
  const auto* entry = std::ranges::find(kEntries, name, &LatencyModelEntry::name);
  return entry == std::end(kEntries) ? nullptr : entry;
}

std::unique_ptr<LatencyModel> make_latency_model(const LatencyConfig& config,
                                                 const model::Architecture& architecture,
                                                 const model::Gpu& gpu) {
  // An empty name means roofline for callers of the library; the command line has its own default
  // (spec latency 1).
  const std::string_view name =
      config.backend.empty() ? std::string_view("roofline") : config.backend;
  const LatencyModelEntry* entry = find_latency_model(name);
  if (entry == nullptr) {
    std::vector<std::string_view> names;
    for (const LatencyModelEntry& known : kEntries) names.push_back(known.name);
    throw ConfigError(unknown_name("backend", name, names));
  }
  check_config(config, architecture);
  return entry->make(config, architecture, gpu);
}

}  // namespace blis::latency
