// Whole files or none: written under a temporary name beside the target and renamed when complete.
// Files whose names end in `.gz` or `.zst` are compressed when written and decompressed when read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/compression.h"

namespace blis {

/// A file that is written in portions and appears under its name, complete, on commit().
class OutputFile {
 public:
  /// Opens a temporary file beside `path` (mode 0644). What is no regular file, as a pipe or a
  /// device, is written directly.
  /// THROWS ConfigError naming the path and the system's reason, as do the other members.
  explicit OutputFile(std::string path);
  /// Without commit() nothing stays.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void append(std::string_view text);
  /// Closes the file and gives it its name. REQUIRES it was not called before.
  void commit();

 private:
  void write(std::string_view bytes);
  [[noreturn]] void fail(int error);

  std::string path_;
  std::string target_;     ///< `path_` with links followed; "" if written directly
  std::string temporary_;  ///< "" if written directly, or committed
  int descriptor_ = -1;
  std::unique_ptr<Compressor> compressor_;  ///< nullptr: written as it is
  std::string compressed_;                  ///< reused between calls
};

/// Writes `text` to `path` (mode 0644). THROWS ConfigError naming the path and the system's reason;
/// nothing half-written stays.
void write_file(const std::string& path, std::string_view text);

/// More than any file of settings has: one that does not end is refused before it fills the memory.
inline constexpr std::size_t kMaxSettingsBytes = std::size_t{256} << 20;
/// The same for files of data that are read as a whole.
inline constexpr std::size_t kMaxDataBytes = std::size_t{4} << 30;

/// The contents of `path`, uncompressed. THROWS ConfigError naming the path and the system's
/// reason, or that there are more than `max_bytes`.
std::string read_file(const std::string& path, std::size_t max_bytes = kMaxSettingsBytes);

}  // namespace blis
