#include "logging.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "config/flags/policy_names.h"

namespace blis::app {

void start_logging() {
  auto logger = spdlog::stderr_color_mt("blis");
  logger->set_pattern("%^%l%$: %v");
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_level(spdlog::level::info);
}

void set_log_level(std::string_view level) {
  std::string lower(level);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  config::require_name({"", 0, "--log"}, "log level", lower, config::log_level_names(), false);
  constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 8> kLevels = {{
      {"panic", spdlog::level::critical},
      {"fatal", spdlog::level::critical},
      {"error", spdlog::level::err},
      {"warn", spdlog::level::warn},
      {"warning", spdlog::level::warn},
      {"info", spdlog::level::info},
      {"debug", spdlog::level::debug},
      {"trace", spdlog::level::trace},
  }};
  for (const auto& [name, value] : kLevels) {
    if (name == lower) spdlog::set_level(value);
  }
}

void log_info(const std::string& text) { spdlog::info("{}", text); }
void log_warning(const std::string& text) { spdlog::warn("{}", text); }

void log_diagnostics(const Diagnostics& diagnostics) {
  for (const Diagnostics::Entry& entry : diagnostics.entries()) {
    std::string line = entry.kind;
    if (!entry.first.empty()) line += ": " + entry.first;
    if (entry.count > 1) line += fmt::format(" ({} times)", entry.count);
    if (entry.severity == Severity::kWarning) {
      log_warning(line);
    } else {
      log_info(line);
    }
  }
}

}  // namespace blis::app
