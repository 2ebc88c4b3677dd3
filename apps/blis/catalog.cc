#include "catalog.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace blis::app {
namespace {

namespace fs = std::filesystem;

bool is_catalog(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "defaults.yaml", ignored);
}

}  // namespace

std::string catalog_folder() {
  if (const char* named = std::getenv("BLIS_CATALOG"); named != nullptr && *named != '\0')
    return named;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return "";
  const fs::path installed = program.parent_path().parent_path() / "share" / "blis" / "catalog";
  if (is_catalog(installed)) return installed.string();
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (is_catalog(folder / "catalog")) return (folder / "catalog").string();
  }
  return "";
}

}  // namespace blis::app
