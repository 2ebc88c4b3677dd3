#include "trace/itl_file.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/number_text.h"

namespace blis::trace {

std::string format_itl_file(const std::vector<ChunkTime>& chunks) {
  CsvWriter csv;
  for (const char* name : {"request_id", "chunk_index", "timestamp_us"}) csv.field(name);
  csv.end_row();
  for (const ChunkTime& chunk : chunks) {
    csv.field(chunk.request_id);
    csv.field(chunk.chunk_index);
    csv.field(chunk.timestamp_us);
    csv.end_row();
  }
  return csv.text();
}

ItlReader::ItlReader(const std::string& file) : csv_(file) { skip_header(); }

ItlReader::ItlReader(std::string text, std::string file) : csv_(std::move(text), std::move(file)) {
  skip_header();
}

void ItlReader::skip_header() {
  if (!csv_.next(fields_)) {
    throw DataError({.file = csv_.file(), .line = 0, .key = ""}, "the file has no header row");
  }
  columns_ = fields_.size();
}

bool ItlReader::next(ChunkTime& chunk) {
  if (!csv_.next(fields_)) return false;
  const InputLocation where{.file = csv_.file(), .line = csv_.line(), .key = ""};
  if (fields_.size() != columns_ || fields_.size() < 3) {
    throw DataError(
        where, fmt::format("{} fields, expected {}", fields_.size(), columns_ < 3 ? 3 : columns_));
  }
  const auto read = [&](std::size_t index, std::string_view name) {
    const std::optional<std::int64_t> value = parse_plain_int(fields_[index]);
    if (!value || *value < 0) {
      mistakes_.add({.file = where.file, .line = where.line, .key = std::string(name)},
                    fmt::format("\"{}\" is not an integer of at least 0", fields_[index]));
    }
    return value.value_or(0);
  };
  chunk.request_id = read(0, "request_id");
  chunk.chunk_index = read(1, "chunk_index");
  chunk.timestamp_us = read(2, "timestamp_us");
  mistakes_.throw_if_any();
  return true;
}

}  // namespace blis::trace
