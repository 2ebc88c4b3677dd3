// The JSON result of vLLM's serving benchmark, saved in detail: lists of one entry per request,
// input_lens, output_lens, ttfts, itls (lists), errors (texts), start_times where the version has
// them; times in seconds. Without start_times arrivals are spread evenly at request_rate.

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "trace/importers/importers.h"
#include "trace/importers/json_fields.h"

namespace blis::trace {
namespace {

using nlohmann::json;

const json* optional_list(const json& document, const char* key, std::size_t size,
                          const JsonPlace& place) {
  const auto found = document.find(key);
  if (found == document.end() || found->is_null()) return nullptr;
  if (!found->is_array()) place.at(key).fail("is not a list");
  if (found->empty()) return nullptr;
  if (found->size() != size) {
    place.at(key).fail(fmt::format("has {} entries, input_lens has {}", found->size(), size));
  }
  return &*found;
}

double number_in(const json& list, std::size_t i, const JsonPlace& place) {
  if (!list[i].is_number() || !std::isfinite(list[i].get<double>())) {
    place.at(i).fail("is not a number");
  }
  return list[i].get<double>();
}

// Seconds between requests without start times; 0 = all at once.
double even_gap_s(const json& document, const JsonPlace& place, Diagnostics& diagnostics) {
  const auto rate = document.find("request_rate");
  const bool has_rate = rate != document.end() && rate->is_number();
  const double per_s = has_rate ? number_at(document, {"request_rate"}, place).value_or(0) : 0;
  diagnostics.warn(per_s > 0
                       ? "no start_times: arrivals are spread evenly at request_rate"
                       : "no start_times and no finite request_rate: all requests arrive at 0");
  return per_s > 0 ? 1 / per_s : 0;
}

}  // namespace

void import_vllm_bench(const std::string& file, const RecordSink& sink, Diagnostics& diagnostics) {
  const JsonPlace place{file, 0, ""};
  const json document = load_json(file);
  if (!document.is_object()) place.fail("is not a JSON object");
  const json& inputs = array_at(document, "input_lens", place);
  const std::size_t size = inputs.size();
  const json* const outputs = optional_list(document, "output_lens", size, place);
  const json* const ttfts = optional_list(document, "ttfts", size, place);
  const json* const itls = optional_list(document, "itls", size, place);
  const json* const errors = optional_list(document, "errors", size, place);
  const json* const starts = optional_list(document, "start_times", size, place);
  if (outputs == nullptr && size > 0) place.at("output_lens").fail("is missing");
  const double gap_s = starts == nullptr && size > 0 ? even_gap_s(document, place, diagnostics) : 0;
  double first_s = 0;
  for (std::size_t i = 0; starts != nullptr && i < size; ++i) {
    const double start_s = number_in(*starts, i, place.at("start_times"));
    first_s = i == 0 ? start_s : std::min(first_s, start_s);
  }

  for (std::size_t i = 0; i < size; ++i) {
    TraceRecord record;
    const double start_s = starts != nullptr
                               ? number_in(*starts, i, place.at("start_times")) - first_s
                               : static_cast<double>(i) * gap_s;
    record.arrival_time_us = micros_of(start_s, place.at("start_times").at(i));
    record.send_time_us = record.arrival_time_us;
    const auto tokens = [&](const json& list, const char* key) {
      const json entry = {{"n", list[i]}};
      return tokens_at(entry, {"n"}, place.at(key).at(i));
    };
    record.input_tokens = tokens(inputs, "input_lens");
    record.output_tokens = tokens(*outputs, "output_lens");
    record.text_tokens = record.input_tokens;
    record.streaming = true;
    record.status = "ok";
    if (ttfts != nullptr) {
      const JsonPlace where = place.at("ttfts").at(i);
      const double ttft_s = number_in(*ttfts, i, place.at("ttfts"));
      double itl_sum_s = 0;
      record.num_chunks = 1;
      if (itls != nullptr) {
        const JsonPlace list = place.at("itls").at(i);
        if (!(*itls)[i].is_array()) list.fail("is not a list");
        for (std::size_t k = 0; k < (*itls)[i].size(); ++k) {
          itl_sum_s += number_in((*itls)[i], k, list);
        }
        record.num_chunks += static_cast<std::int64_t>((*itls)[i].size());
      }
      if (ttft_s < 0 || itl_sum_s < 0) where.fail("a latency is below 0");
      record.first_chunk_time_us = record.send_time_us + micros_of(ttft_s, where);
      record.last_chunk_time_us = record.first_chunk_time_us + micros_of(itl_sum_s, where);
    }
    if (errors != nullptr && (*errors)[i].is_string() && !(*errors)[i].get<std::string>().empty()) {
      record.status = "error";
      record.error_message = (*errors)[i].get<std::string>();
      record.first_chunk_time_us = record.last_chunk_time_us = record.num_chunks = 0;
    }
    sink(record);
  }
}

}  // namespace blis::trace
