// Whole files or none: written under a temporary name beside the target and renamed when complete.
#pragma once

#include <string>
#include <string_view>

namespace blis {

/// Writes `text` to `path` (mode 0644). THROWS ConfigError naming the path and the system's reason;
/// nothing half-written stays.
void write_file(const std::string& path, std::string_view text);

/// The contents of `path`. THROWS ConfigError naming the path and the system's reason.
std::string read_file(const std::string& path);

}  // namespace blis
