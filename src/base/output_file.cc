#include "base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace blis {
namespace {

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw ConfigError(InputLocation{path, 0, ""},
                    fmt::format("{}: {}", what, std::generic_category().message(error)));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  int close() {
    const int result = is_open() ? ::close(descriptor_) : 0;
    descriptor_ = -1;
    return result;
  }

 private:
  int descriptor_;
};

/// 0, or the error number.
int write_all(File& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.descriptor(), text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return file.close() == 0 ? 0 : errno;
}

/// The file that `path` leads to, so that renaming replaces the target of a symbolic link and not
/// the link.
std::string follow_links(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;  // it does not exist yet
  std::string result = resolved;
  std::free(resolved);
  return result;
}

}  // namespace

void write_file(const std::string& path, std::string_view text) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists &&
      !S_ISREG(status.st_mode)) {  // a pipe or a device, as /dev/stdout: nothing to rename
    File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.is_open()) fail(path, "cannot write", errno);
    if (const int error = write_all(file, text); error != 0) fail(path, "cannot write", error);
    return;
  }

  const std::string target = follow_links(path);
  std::string temporary;
  int descriptor = -1;
  // The process id keeps concurrent runs apart; the attempt number keeps us off leftovers of a
  // killed one.
  for (int attempt = 0; descriptor < 0; ++attempt) {
    temporary = fmt::format("{}.{}-{}.tmp", target, ::getpid(), attempt);
    descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0 && (errno != EEXIST || attempt == 1000)) fail(path, "cannot write", errno);
  }
  File file(descriptor);
  int error = write_all(file, text);
  if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    fail(path, "cannot write", error);
  }
}

std::string read_file(const std::string& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail(path, "cannot read", errno);
  struct stat status {};
  std::string text;
  if (::fstat(file.descriptor(), &status) == 0 && S_ISREG(status.st_mode)) {
    text.resize(static_cast<std::size_t>(status.st_size));
  }
  std::size_t size = 0;
  for (;;) {
    // The size is only a hint: pipes have none, and files may grow while we read.
    if (size == text.size()) text.resize(size + 65'536 + size / 2);
    const ssize_t got = ::read(file.descriptor(), text.data() + size, text.size() - size);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail(path, "cannot read", errno);
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace blis
