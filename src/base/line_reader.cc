#include "base/line_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace blis {
namespace {

constexpr std::size_t kPortionBytes = std::size_t{1} << 18;
constexpr std::size_t kMaxLineBytes = std::size_t{16} << 20;

InputFile open(const std::string& file) {
  try {
    return InputFile(file);
  } catch (const ReadFailure& failure) {
    throw DataError(InputLocation{file, 0, ""}, fmt::format("cannot read: {}", failure.what()));
  }
}

}  // namespace

LineReader::LineReader(const std::string& file) : file_(file), input_(open(file)) {}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(position_);
    const std::size_t end = rest.find('\n', searched);
    if (end != std::string_view::npos) {
      line = rest.substr(0, end);
      position_ += end + 1;
      break;
    }
    searched = rest.size();
    if (searched > kMaxLineBytes) {
      throw DataError(InputLocation{file_, line_ + 1, ""},
                      fmt::format("the line is longer than {} MiB", kMaxLineBytes >> 20));
    }
    buffer_.erase(0, position_);
    position_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + std::max(kPortionBytes, kept));
    std::size_t got = 0;
    try {
      got = input_.read(buffer_.data() + kept, buffer_.size() - kept);
    } catch (const ReadFailure& failure) {
      throw DataError(InputLocation{file_, line_ + 1, ""},
                      fmt::format("cannot read: {}", failure.what()));
    }
    buffer_.resize(kept + got);
    if (got > 0) continue;
    if (searched == 0) return false;
    line = buffer_;
    position_ = buffer_.size();
    break;
  }
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

}  // namespace blis
