// Files that a command will write: refused before the work begins if they cannot be.
#pragma once

#include <string>
#include <string_view>

namespace blis::config {

/// THROWS ConfigError naming `flag` and `path` if the folder of `path` does not exist or cannot be
/// written to, or if `path` is itself a folder. Empty means that no file was asked for. Creates
/// nothing.
void check_output_path(std::string_view flag, const std::string& path);

}  // namespace blis::config
