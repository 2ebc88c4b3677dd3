#include "trace/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"

namespace blis::trace {

TraceReader::TraceReader(const std::string& file, Fields fields) : csv_(file), order_(fields) {
  read_column_names();
}

TraceReader::TraceReader(std::string text, std::string file, Fields fields)
    : csv_(std::move(text), std::move(file)), order_(fields) {
  read_column_names();
}

void TraceReader::read_column_names() {
  if (!csv_.next(fields_)) {
    throw DataError({.file = csv_.file(), .line = 0, .key = ""}, "the trace has no header row");
  }
  const auto position = [this](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(fields_, name);
    if (found == fields_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - fields_.begin());
  };
  columns_.vllm_priority = position("vllm_priority").has_value();
  columns_.slo_target_us = position("slo_target_us").has_value();
  x_request_id_ = position("x_request_id");
  adapter_ = position("adapter");
  think_time_ = position("think_time_us");
  columns_.x_request_id = x_request_id_.has_value();
  columns_.adapter = adapter_.has_value();
  columns_.think_time_us = think_time_.has_value();
}

bool TraceReader::next(TraceRecord& r) {
  if (!csv_.next(fields_)) return false;
  if (fields_.size() < columns_.count()) {
    note("", fmt::format("{} fields, expected at least {}", fields_.size(), columns_.count()));
    mistakes_.throw_if_any();
  }
  // How far the columns after slo_class, and those after deadline_us, are moved to the right.
  const std::size_t p = columns_.vllm_priority ? 1 : 0;
  const std::size_t t = p + (columns_.slo_target_us ? 1 : 0);
  // [BUG] Three strings that stand before slo_target_us are taken as if they stood after it.
  const std::size_t bug = order_ == Fields::kAsTheReference ? t : p;

  r.request_id = integer(0, "request_id");
  r.client_id = text(1);
  r.tenant_id = text(2);
  r.slo_class = text(3);
  r.vllm_priority = columns_.vllm_priority ? not_negative(4, "vllm_priority") : 0;
  r.session_id = text(4 + bug);
  r.round_index = integer(5 + p, "round_index");
  r.prefix_group = text(6 + bug);
  r.prefix_length = not_negative(7 + p, "prefix_length");
  r.streaming = flag(8 + p, "streaming");
  r.input_tokens = not_negative(9 + p, "input_tokens");
  r.output_tokens = not_negative(10 + p, "output_tokens");
  r.text_tokens = not_negative(11 + p, "text_tokens");
  r.image_tokens = not_negative(12 + p, "image_tokens");
  r.audio_tokens = not_negative(13 + p, "audio_tokens");
  r.video_tokens = not_negative(14 + p, "video_tokens");
  r.reason_ratio = ratio(15 + p, "reason_ratio");
  r.model = text(16 + bug);
  r.deadline_us = not_negative(17 + p, "deadline_us");
  r.slo_target_us = columns_.slo_target_us ? not_negative(18 + p, "slo_target_us") : 0;
  r.server_input_tokens = not_negative(18 + t, "server_input_tokens");
  r.arrival_time_us = integer(19 + t, "arrival_time_us");
  r.send_time_us = integer(20 + t, "send_time_us");
  r.first_chunk_time_us = integer(21 + t, "first_chunk_time_us");
  r.last_chunk_time_us = integer(22 + t, "last_chunk_time_us");
  r.num_chunks = not_negative(23 + t, "num_chunks");
  r.status = text(24 + t);
  r.error_message = trim(text(25 + t));
  r.finish_reason = trim(text(26 + t));
  r.x_request_id = x_request_id_ ? trim(text(*x_request_id_)) : std::string_view();
  r.adapter = adapter_ ? trim(text(*adapter_)) : std::string_view();
  r.think_time_us = 0;
  if (think_time_) {
    const std::string_view think_time = trim(text(*think_time_));
    if (!think_time.empty()) r.think_time_us = not_negative_of(think_time, "think_time_us");
  }
  if (r.arrival_time_us > 0 && r.deadline_us > 0 && r.deadline_us < r.arrival_time_us) {
    note("deadline_us",
         fmt::format("{} lies before the arrival at {}", r.deadline_us, r.arrival_time_us));
  }
  mistakes_.throw_if_any();
  return true;
}

std::string_view TraceReader::text(std::size_t index) {
  if (index >= fields_.size()) {
    note("", fmt::format("{} fields, expected at least {}", fields_.size(), index + 1));
    return {};
  }
  return fields_[index];
}

std::int64_t TraceReader::integer(std::size_t index, std::string_view name) {
  return integer_of(text(index), name);
}

std::int64_t TraceReader::integer_of(std::string_view field, std::string_view name) {
  const std::optional<std::int64_t> value = parse_plain_int(field);
  if (!value) note(name, fmt::format("\"{}\" is not an integer", field));
  return value.value_or(0);
}

std::int64_t TraceReader::not_negative(std::size_t index, std::string_view name) {
  return not_negative_of(text(index), name);
}

std::int64_t TraceReader::not_negative_of(std::string_view field, std::string_view name) {
  const std::int64_t value = integer_of(field, name);
  if (value >= 0) return value;
  note(name, fmt::format("{} must not be negative", value));
  return 0;
}

double TraceReader::ratio(std::size_t index, std::string_view name) {
  if (text(index) == "0") return 0;  // nearly always
  const std::optional<double> value = parse_flag_double(text(index));
  if (!value || !(*value >= 0 && *value <= 1)) {
    note(name, fmt::format("\"{}\" is not a number from 0 to 1", text(index)));
    return 0;
  }
  return *value;
}

bool TraceReader::flag(std::size_t index, std::string_view name) {
  if (text(index) == "false") return false;  // as it is written
  if (text(index) == "true") return true;
  const std::optional<bool> value = parse_flag_bool(text(index));
  if (!value) note(name, fmt::format("\"{}\" is not true or false", text(index)));
  return value.value_or(false);
}

void TraceReader::note(std::string_view column, std::string_view message) {
  mistakes_.add({.file = csv_.file(), .line = csv_.line(), .key = std::string(column)}, message);
}

}  // namespace blis::trace
