// A folder of a test's own that vanishes with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/output_file.h"

namespace blis::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "blis-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view relative = "") const {
    return relative.empty() ? path_.string() : (path_ / relative).string();
  }
  /// Writes a file (compressed, if its name says so), with the folders above it, and returns its
  /// path.
  std::string write(std::string_view relative, std::string_view text) const {
    const std::filesystem::path file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    write_file(file.string(), text);
    return file.string();
  }
  std::string read(std::string_view relative) const {
    std::ostringstream text;
    text << std::ifstream(path_ / relative, std::ios::binary).rdbuf();
    return text.str();
  }
  bool has(std::string_view relative) const { return std::filesystem::exists(path_ / relative); }

 private:
  std::filesystem::path path_;
};

}  // namespace blis::testing
