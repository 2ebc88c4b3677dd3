// Mooncake traces: lines of JSON {timestamp (ms), input_length, output_length, hash_ids}, one hash
// per 512 tokens of the prompt, of which the last may stand for fewer. Sharing becomes prefix
// groups (prefix_grouping.h); what one group per row cannot express is lost, and said.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/line_reader.h"
#include "base/text.h"
#include "trace/importers/importers.h"
#include "trace/importers/json_fields.h"
#include "trace/importers/prefix_grouping.h"

namespace blis::trace {
namespace {

using nlohmann::json;

constexpr std::int64_t kBlockTokens = 512;

struct Line {
  std::int64_t time_us = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

// The hashes of the full blocks.
std::vector<std::int64_t> read_chain(const json& line, std::int64_t input_tokens,
                                     const JsonPlace& place) {
  std::vector<std::int64_t> chain;
  if (!line.contains("hash_ids") || line["hash_ids"].is_null()) return chain;
  const json& ids = array_at(line, "hash_ids", place);
  const auto full = static_cast<std::size_t>(input_tokens / kBlockTokens);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].is_number_integer()) place.at("hash_ids").at(i).fail("is not an integer");
    if (i < full) chain.push_back(ids[i].get<std::int64_t>());
  }
  return chain;
}

}  // namespace

void import_mooncake(const std::string& file, const RecordSink& sink, Diagnostics& diagnostics) {
  LineReader reader(file);
  std::vector<Line> lines;
  std::vector<std::vector<std::int64_t>> chains;
  std::int64_t first_us = 0;
  for (std::string_view text; reader.next(text);) {
    if (trim(text).empty()) continue;
    const JsonPlace place{file, reader.line(), ""};
    const json line = parse_json(text, place);
    if (!line.is_object()) place.fail("is not a JSON object");
    Line& read = lines.emplace_back();
    read.time_us =
        micros_of(required_number(line, {"timestamp"}, place) / 1000, place.at("timestamp"));
    if (lines.size() == 1) first_us = read.time_us;
    if (read.time_us < first_us) {
      place.at("timestamp").fail("lies before the first request of the file");
    }
    read.input_tokens = tokens_at(line, {"input_length"}, place);
    read.output_tokens = tokens_at(line, {"output_length"}, place);
    chains.push_back(read_chain(line, read.input_tokens, place));
  }

  const PrefixGrouping grouping = group_by_prefix(chains);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    TraceRecord record;
    record.arrival_time_us = lines[i].time_us - first_us;
    record.send_time_us = record.arrival_time_us;
    record.prefix_length = grouping.shared_blocks[i] * kBlockTokens;
    record.input_tokens = lines[i].input_tokens - record.prefix_length;
    record.output_tokens = lines[i].output_tokens;
    record.text_tokens = record.input_tokens;
    if (grouping.group[i] != PrefixGrouping::kNone) {
      record.prefix_group = fmt::format("g{}", grouping.group[i]);
    }
    record.status = "ok";
    sink(record);
  }
  if (grouping.reusable_blocks > grouping.kept_blocks) {
    diagnostics.warn("a row belongs to one prefix group, so that some reuse is lost",
                     fmt::format("{} of {} reusable blocks of {} tokens are kept",
                                 grouping.kept_blocks, grouping.reusable_blocks, kBlockTokens));
  }
}

}  // namespace blis::trace
