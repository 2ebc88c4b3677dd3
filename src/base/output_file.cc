#include "base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  const Compression compression = compression_of(path_);
  if (compression != Compression::kNone) compressor_ = Compressor::make(compression);
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {  // as /dev/stdout: nothing to rename
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail(errno);
    return;
  }
  target_ = follow_links(path_);
  // The process id keeps concurrent runs apart; the attempt number keeps us off leftovers of a
  // killed one.
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    const std::string name = fmt::format("{}.{}-{}.tmp", target_, ::getpid(), attempt);
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor_ < 0 && (errno != EEXIST || attempt == 1000)) fail(errno);
    if (descriptor_ >= 0) temporary_ = name;
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::append(std::string_view text) {
  if (!compressor_) {
    write(text);
    return;
  }
  compressed_.clear();
  compressor_->add(text, compressed_);
  write(compressed_);
}

void OutputFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(errno);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::commit() {
  if (compressor_) {
    compressed_.clear();
    compressor_->finish(compressed_);
    write(compressed_);
  }
  const int result = ::close(descriptor_);
  descriptor_ = -1;
  if (result != 0) fail(errno);
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

void OutputFile::fail(int error) { blis::fail(path_, "cannot write", error); }

void write_file(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.append(text);
  file.commit();
}

std::string read_file(const std::string& path, std::size_t max_bytes) {
  try {
    InputFile file(path);
    std::string text(file.is_compressed() ? 0 : std::min(file.stored_bytes(), max_bytes), '\0');
    std::size_t size = 0;
    for (;;) {
      if (size > max_bytes) {
        throw ReadFailure(fmt::format("it has more than {} MiB", max_bytes >> 20));
      }
      // The size is only a hint: pipes have none, and files may grow while we read.
      if (size == text.size()) text.resize(size + 65'536 + size / 2);
      const std::size_t got = file.read(text.data() + size, text.size() - size);
      if (got == 0) break;
      size += got;
    }
    text.resize(size);
    return text;
  } catch (const ReadFailure& failure) {
    throw ConfigError(InputLocation{path, 0, ""}, fmt::format("cannot read: {}", failure.what()));
  }
}

}  // namespace blis
