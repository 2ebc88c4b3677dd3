#include "config/output_paths.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace blis::config {

void check_output_path(std::string_view flag, const std::string& path) {
  if (path.empty()) return;
  std::error_code ignored;
  const InputLocation where{"", 0, std::string(flag)};
  if (std::filesystem::is_directory(path, ignored)) {
    throw ConfigError(where, fmt::format("cannot write {}: it is a folder", path));
  }
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw ConfigError(where,
                      fmt::format("cannot write {}: there is no folder {}", path, folder.string()));
  }
  // Files are written beside their place and renamed, so the folder's permission is what counts.
  if (access(folder.c_str(), W_OK) != 0) {
    throw ConfigError(where, fmt::format("cannot write {}: the folder is not writable", path));
  }
}

}  // namespace blis::config
