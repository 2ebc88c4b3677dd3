// Lines on stderr for people. Nothing that the simulation computes depends on them.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"

namespace blis::app {

/// Logs to stderr from `info` up; call once, at the start.
void start_logging();
/// Accepts the levels of --log in any case. THROWS ConfigError for any other word.
void set_log_level(std::string_view level);

void log_info(const std::string& text);
void log_warning(const std::string& text);

/// One line per condition, with its first occurrence and how often it occurred.
void log_diagnostics(const Diagnostics& diagnostics);

}  // namespace blis::app
