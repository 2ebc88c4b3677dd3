// Compressed files: whatever the bytes of a .gz or .zst file, reading ends, in an error or with the
// bytes that a second reading, in other portions, gives too.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/check.h"
#include "base/compression.h"

namespace {

constexpr std::size_t kEnough = 4 << 20;  // of a file that unfolds without end

/// The bytes of the file, then "!" if it ended in an error.
std::string read_in_portions(const std::string& path, std::size_t portion) {
  std::string text;
  std::string buffer(portion, '\0');
  try {
    blis::InputFile file(path);
    while (text.size() < kEnough) {
      const std::size_t n = file.read(buffer.data(), buffer.size());
      BLIS_CHECK(n <= buffer.size(), "{} bytes in a portion of {}", n, buffer.size());
      if (n == 0) return text;
      text.append(buffer, 0, n);
    }
  } catch (const blis::ReadFailure& failure) {
    BLIS_CHECK(failure.what()[0] != '\0', "a failure without a reason");
    return text + "!";
  }
  text.resize(kEnough);
  return text;
}

/// A folder that goes away with the process.
class Folder {
 public:
  Folder() { BLIS_CHECK(::mkdtemp(name_) != nullptr, "there is room for a folder"); }
  ~Folder() {
    for (const char* suffix : {".gz", ".zst"}) ::unlink(path(suffix).c_str());
    ::rmdir(name_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const char* suffix) const { return std::string(name_) + "/fuzz" + suffix; }

 private:
  char name_[32] = "/tmp/blis-fuzz-XXXXXX";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  for (const char* suffix : {".gz", ".zst"}) {
    const std::string path = folder.path(suffix);
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    // An error may come before bytes that would still fit into a larger portion.
    const std::string large = read_in_portions(path, 1 << 16);
    const std::string small = read_in_portions(path, 37);
    if (large.empty() || large.back() != '!') BLIS_CHECK(large == small, "portions matter");
  }
  return 0;
}
