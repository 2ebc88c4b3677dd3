// Shell completion scripts, written from the flag and command tables.
#pragma once

#include <string>
#include <string_view>

namespace blis::config {

/// The script for `shell` (`bash`, `zsh` or `fish`). THROWS ConfigError for any other.
std::string completion_script(std::string_view shell);

}  // namespace blis::config
