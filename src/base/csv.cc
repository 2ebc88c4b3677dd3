#include "base/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "base/error.h"
#include "base/utf8.h"

namespace blis {
namespace {

constexpr std::size_t kPortionBytes = std::size_t{1} << 20;

/// Bit 7 of each byte of `word` that is 0, and nothing else.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  constexpr std::uint64_t kLow = 0x7f7f'7f7f'7f7f'7f7f;
  return ~(((word & kLow) + kLow) | word | kLow);
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return false;
  if (text == "\\.") return true;  // the end of data to PostgreSQL
  return text.find_first_of(",\"\r\n") != std::string_view::npos ||
         is_unicode_space(decode_utf8(text).value);
}

}  // namespace

// ---- CsvWriter

void CsvWriter::separate() {
  if (in_row_) text_ += ',';
  in_row_ = true;
}

void CsvWriter::field(std::string_view text) {
  separate();
  if (!needs_quotes(text)) {
    text_ += text;
    return;
  }
  text_ += '"';
  for (const char c : text) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
}

void CsvWriter::field(std::int64_t number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void CsvWriter::end_row() {
  text_ += '\n';
  in_row_ = false;
}

// ---- CsvReader

CsvReader::CsvReader(const std::string& file) : file_(file) {
  try {
    input_ = std::make_unique<InputFile>(file);
  } catch (const ReadFailure& failure) {
    fail(0, fmt::format("cannot read: {}", failure.what()));
  }
}

CsvReader::CsvReader(std::string text, std::string file)
    : file_(std::move(file)), buffer_(std::move(text)) {}

void CsvReader::fail(int line, std::string_view message) const {
  throw DataError(InputLocation{file_, line, ""}, message);
}

void CsvReader::fail_too_long(int line) const {
  fail(line, fmt::format("the row is longer than {} MiB; is this a CSV file, and is every quote "
                         "closed?",
                         kMaxCsvRowBytes >> 20));
}

bool CsvReader::refill() {
  if (input_ == nullptr) return false;
  buffer_.erase(0, position_);
  position_ = 0;
  const std::size_t kept = buffer_.size();
  // Twice what is kept: a line that is longer than a portion must not be copied once per portion.
  buffer_.resize(kept + std::max(kPortionBytes, kept));
  std::size_t got = 0;
  try {
    got = input_->read(buffer_.data() + kept, buffer_.size() - kept);
  } catch (const ReadFailure& failure) {
    fail(lines_read_ + 1, fmt::format("cannot read: {}", failure.what()));
  }
  buffer_.resize(kept + got);
  return got > 0;
}

bool CsvReader::next_line(std::string_view& line) {
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
    if (searched > kMaxCsvRowBytes) fail_too_long(lines_read_ + 1);
    if (refill()) continue;
    if (searched == 0) return false;
    line = std::string_view(buffer_).substr(position_);  // the last line, without a newline
    position_ = buffer_.size();
    break;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++lines_read_;
  return true;
}

bool CsvReader::next(std::vector<std::string_view>& fields) {
  fields.clear();
  std::string_view line;
  do {
    if (!next_line(line)) return false;
  } while (line.empty());
  row_line_ = lines_read_;
  if (line.find('"') == std::string_view::npos) {
    split(line, fields);
  } else {
    split_quoted(line, fields);
  }
  return true;
}

// Fields are a few bytes long, too short for a search from comma to comma: eight bytes are looked
// at together.
void CsvReader::split(std::string_view line, std::vector<std::string_view>& fields) {
  constexpr std::uint64_t kCommas = 0x2c2c'2c2c'2c2c'2c2c;
  const char* field = line.data();
  const char* at = field;
  const char* const end = at + line.size();
  const auto end_field = [&](const char* comma) {
    fields.emplace_back(field, static_cast<std::size_t>(comma - field));
    field = comma + 1;
  };
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      for (std::uint64_t found = zero_bytes(word ^ kCommas); found != 0; found &= found - 1) {
        end_field(at + std::countr_zero(found) / 8);
      }
    }
  }
  for (; at != end; ++at) {
    if (*at == ',') end_field(at);
  }
  fields.emplace_back(field, static_cast<std::size_t>(end - field));
}

void CsvReader::split_quoted(std::string_view line, std::vector<std::string_view>& fields) {
  unquoted_.clear();
  field_ends_.clear();
  for (bool more = true; more;) {
    if (!line.starts_with('"')) {
      const std::size_t comma = line.find(',');
      const std::string_view text = line.substr(0, comma);
      if (text.find('"') != std::string_view::npos) {
        fail(lines_read_, fmt::format("field {}: quote in a field that does not begin with one",
                                      field_ends_.size() + 1));
      }
      unquoted_ += text;
      more = comma != std::string_view::npos;
      line.remove_prefix(more ? comma + 1 : line.size());
    } else {
      line.remove_prefix(1);
      for (bool closed = false; !closed;) {
        const std::size_t quote = line.find('"');
        unquoted_ += line.substr(0, quote);
        if (quote == std::string_view::npos) {  // the field goes on in the next line
          unquoted_ += '\n';
          if (unquoted_.size() > kMaxCsvRowBytes) fail_too_long(row_line_);
          if (!next_line(line)) {
            fail(row_line_,
                 fmt::format("field {}: closing quote is missing", field_ends_.size() + 1));
          }
          continue;
        }
        line.remove_prefix(quote + 1);
        if (line.starts_with('"')) {
          unquoted_ += '"';
          line.remove_prefix(1);
        } else {
          closed = true;
        }
      }
      more = line.starts_with(',');
      if (!more && !line.empty()) {
        fail(lines_read_,
             fmt::format("field {}: text after the closing quote", field_ends_.size() + 1));
      }
      if (more) line.remove_prefix(1);
    }
    field_ends_.push_back(unquoted_.size());
  }
  std::size_t begin = 0;
  for (const std::size_t end : field_ends_) {
    fields.push_back(std::string_view(unquoted_).substr(begin, end - begin));
    begin = end;
  }
}

}  // namespace blis
