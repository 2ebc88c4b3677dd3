#include "workload/servegen/chunk_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "base/csv.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/output_file.h"
#include "workload/servegen/histogram.h"

namespace blis::workload::servegen {
namespace {

constexpr std::string_view kTracePrefix = "chunk-";
constexpr std::string_view kTraceSuffix = "-trace.csv";

[[noreturn]] void fail(const std::string& path, std::string_view message) {
  throw DataError(InputLocation{path, 0, {}}, message);
}

/// nullopt if the record is not a row.
std::optional<TraceRow> parse_row(const std::vector<std::string_view>& fields,
                                  const CsvReader& reader, Diagnostics& diagnostics) {
  if (fields.size() < 4) return std::nullopt;
  const std::optional<double> start = parse_flag_double(trim(fields[0]));
  const std::optional<double> rate = parse_flag_double(trim(fields[1]));
  const std::optional<double> cv = parse_flag_double(trim(fields[2]));
  if (!start || !rate || !cv) return std::nullopt;
  TraceRow row{*start, *rate, *cv, std::string(trim(fields[3])), 0, 0};
  if (fields.size() == 5) {
    diagnostics.warn("ServeGen trace row has a shape without a scale; both ignored",
                     fmt::format("{}:{}", reader.file(), reader.line()));
  } else if (fields.size() >= 6) {
    const std::optional<double> shape = parse_flag_double(trim(fields[4]));
    const std::optional<double> scale = parse_flag_double(trim(fields[5]));
    if (shape && scale) {
      row.shape = *shape;
      row.scale_s = *scale;
    }
  }
  return row;
}

/// `10` or `10.7` (truncated); nullopt for anything else.
std::optional<std::int64_t> parse_timestamp(const std::string& text) {
  if (const auto integer = parse_plain_int(text)) return integer;
  if (const auto real = parse_flag_double(text)) return truncate_to_int64(*real);
  return std::nullopt;
}

bool is_missing(const DatasetWindow& window, const std::string& name) {
  const auto found = window.find(name);
  return found == window.end() || found->second.empty() || found->second == "{}";
}

std::map<std::int64_t, double> parse_histogram(const DatasetWindow& window, const std::string& name,
                                               const std::string& path, const std::string& key) {
  try {
    return parse_length_histogram(window.at(name));
  } catch (const DataError& error) {
    throw DataError(InputLocation{path, 0, fmt::format("{}.{}", key, name)}, error.what());
  }
}

}  // namespace

std::int64_t TraceRow::start_second() const { return truncate_to_int64(start_s); }

std::vector<ChunkFiles> list_chunks(const std::string& folder) {
  const std::filesystem::path root = folder.empty() ? "." : folder;
  std::error_code error;
  std::filesystem::directory_iterator entries(root, error);
  std::vector<std::string> names;
  if (!error) {
    for (const std::filesystem::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      if (name.size() >= kTracePrefix.size() + kTraceSuffix.size() &&
          name.starts_with(kTracePrefix) && name.ends_with(kTraceSuffix)) {
        names.push_back(name);
      }
    }
  }
  if (names.empty()) {
    fail(root.string(),
         fmt::format("no chunk-*-trace.csv files{}", error ? ": " + error.message() : ""));
  }
  std::ranges::sort(names);
  std::vector<ChunkFiles> chunks;
  for (const std::string& name : names) {
    const std::string id =
        name.substr(kTracePrefix.size(), name.size() - kTracePrefix.size() - kTraceSuffix.size());
    chunks.push_back(
        {id, (root / name).string(), (root / fmt::format("chunk-{}-dataset.json", id)).string()});
  }
  return chunks;
}

std::vector<TraceRow> read_trace(const std::string& path, Diagnostics& diagnostics) {
  CsvReader reader(path);
  std::vector<std::string_view> fields;
  std::vector<TraceRow> rows;
  std::size_t field_count = 0;
  while (reader.next(fields)) {
    if (field_count == 0) field_count = fields.size();
    if (fields.size() != field_count) {
      throw DataError(
          InputLocation{path, reader.line(), {}},
          fmt::format("has {} fields, the first record {}", fields.size(), field_count));
    }
    if (auto row = parse_row(fields, reader, diagnostics)) {
      rows.push_back(*std::move(row));
    } else {
      diagnostics.warn("ServeGen trace record skipped: not start, rate, cv, pattern",
                       fmt::format("{}:{}", path, reader.line()));
    }
  }
  return rows;
}

Dataset read_dataset(const std::string& path) {
  std::string text;
  try {
    text = read_file(path, kMaxDataBytes);
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  }
  nlohmann::json document;
  try {
    document = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    fail(path, error.what());
  }
  Dataset dataset;
  if (document.is_null()) return dataset;
  if (!document.is_object()) fail(path, "expected an object of windows");
  for (const auto& [key, window] : document.items()) {
    DatasetWindow& out = dataset[key];
    if (window.is_null()) continue;
    if (!window.is_object()) fail(path, fmt::format("\"{}\": expected an object of strings", key));
    for (const auto& [name, value] : window.items()) {
      if (value.is_null()) {
        out[name] = "";
      } else if (value.is_string()) {
        out[name] = value.get<std::string>();
      } else {
        fail(path, fmt::format("\"{}\".\"{}\": expected a string", key, name));
      }
    }
  }
  return dataset;
}

LengthDataset parse_lengths(const Dataset& dataset, const std::string& path,
                            Diagnostics& diagnostics) {
  LengthDataset lengths;
  for (const auto& [key, window] : dataset) {
    const std::optional<std::int64_t> second = parse_timestamp(key);
    if (!second) {
      diagnostics.warn("ServeGen dataset window skipped: its key is not a time",
                       fmt::format("{}: \"{}\"", path, key));
      continue;
    }
    if (is_missing(window, "input_tokens") || is_missing(window, "output_tokens")) continue;
    lengths[*second] = {parse_histogram(window, "input_tokens", path, key),
                        parse_histogram(window, "output_tokens", path, key)};
  }
  return lengths;
}

std::optional<std::int64_t> dataset_key_at(const LengthDataset& dataset, std::int64_t second) {
  const auto after = dataset.upper_bound(second);
  if (after == dataset.begin()) return std::nullopt;
  return std::prev(after)->first;
}

}  // namespace blis::workload::servegen
