#include "live/observe/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace blis::live {
namespace {

constexpr std::chrono::milliseconds kLongestDelay{500};
constexpr std::size_t kFullBufferBytes = 64 * 1024;

bool is_special_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

Journal::Journal(const std::string& path, const trace::TraceColumns& columns) : rows_(columns) {
  if (is_special_file(path)) return;
  path_ = path + ".partial";
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw ConfigError({path_, 0, ""},
                      fmt::format("cannot write: {}", std::generic_category().message(errno)));
  }
  flush();  // the header row
}

Journal::~Journal() {
  if (rows_on_disk_ + rows_waiting_ == 0) {
    discard();  // nothing was measured
  } else if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void Journal::add(const trace::TraceRecord& record) {
  if (descriptor_ < 0) return;
  rows_.write(record);
  ++rows_waiting_;
  if (rows_.text().size() >= kFullBufferBytes || Clock::now() - last_write_ >= kLongestDelay) {
    flush();
  }
}

bool Journal::flush() {
  if (descriptor_ < 0) return true;
  last_write_ = Clock::now();
  std::string_view text = rows_.text();
  std::int64_t position = bytes_on_disk_;
  while (!text.empty()) {
    const ssize_t written = ::pwrite(descriptor_, text.data(), text.size(), position);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      failure_ = std::generic_category().message(errno);
      // No half row stays; what waits is tried again with the next rows.
      [[maybe_unused]] const int cut = ::ftruncate(descriptor_, bytes_on_disk_);
      return false;
    }
    position += written;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  bytes_on_disk_ = position;
  rows_on_disk_ += rows_waiting_;
  rows_waiting_ = 0;
  rows_.clear();
  return true;
}

void Journal::discard() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  ::unlink(path_.c_str());
}

}  // namespace blis::live
