#include "trace/streamed_source.h"

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "trace/displacement.h"
#include "trace/replay_rows.h"
#include "trace/token_drawing.h"
#include "trace/trace_reader.h"

namespace blis::trace {
namespace {

class StreamedSource final : public ReplaySource {
 public:
  StreamedSource(const std::string& file, PrefixTable prefixes, const random::RandomStream& stream,
                 std::size_t rows, std::size_t rows_ahead, SymbolTable& symbols)
      : file_(file),
        reader_(file),
        prefixes_(std::move(prefixes)),
        stream_(stream),
        rows_(rows),
        rows_ahead_(rows_ahead),
        symbols_(symbols) {}

  std::optional<request::RequestSpec> next() override {
    std::optional<request::RequestSpec> spec = rows_ahead_ == 0 ? read() : earliest();
    if (spec) {
      if (spec->arrival < last_arrival_) fail();
      last_arrival_ = spec->arrival;
    }
    return spec;
  }

  void use_private_blocks() override { drawing_.use_private_blocks(prefixes_.block_size()); }
  std::size_t size() const override { return rows_; }
  const std::vector<request::RequestSpec>& built() const override { not_kept(); }
  const std::vector<std::size_t>& arrival_order() const override { not_kept(); }

 private:
  // The next row of the file; nothing at its end.
  std::optional<request::RequestSpec> read() {
    const bool more = reader_.next(record_);
    if (more != (read_ < rows_)) fail();
    if (!more) return std::nullopt;
    ReplayRow row = make_replay_row(record_, file_, reader_.line(), symbols_);
    row.spec.input_tokens = full_input(row, prefixes_);
    row.spec.keys = drawing_.draw(row.spec, row.fresh_input, prefixes_, stream_);
    ++read_;
    return std::move(row.spec);
  }

  // The first to arrive of the rows that were read ahead.
  std::optional<request::RequestSpec> earliest() {
    while (held_.size() <= rows_ahead_) {
      std::optional<request::RequestSpec> spec = read();
      if (!spec) break;
      const Micros arrival = spec->arrival;
      held_.emplace(arrival, std::move(*spec));
    }
    if (held_.empty()) return std::nullopt;
    return std::move(held_.extract(held_.begin()).mapped());
  }

  [[noreturn]] void fail() const {
    throw DataError({.file = file_, .line = reader_.line(), .key = ""},
                    "the file changed while it was replayed");
  }
  [[noreturn]] static void not_kept() {
    BLIS_CHECK(false, "requests of a streamed replay are asked for one by one");
    std::abort();
  }

  std::string file_;
  TraceReader reader_;
  TraceRecord record_;
  PrefixTable prefixes_;
  random::RandomStream stream_;
  TokenDrawing drawing_;
  std::size_t rows_;
  std::size_t rows_ahead_;
  std::size_t read_ = 0;
  std::multimap<Micros, request::RequestSpec> held_;  // equal arrivals in the order of the file
  Micros last_arrival_ = Micros(std::numeric_limits<std::int64_t>::min());
  SymbolTable& symbols_;
};

}  // namespace

StreamedTrace stream_trace(const std::string& data_file, std::int64_t seed, std::int64_t block_size,
                           SymbolTable& symbols, Diagnostics& diagnostics) {
  // Asked of the name: a pipe that is opened in order to ask loses what is read meanwhile.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(data_file, ignored)) return {};
  TraceReader reader(data_file);
  random::RandomStream stream(seed);
  PrefixTable prefixes(block_size);
  RepeatedIds ids;
  TraceRecord record;
  std::size_t rows = 0;
  Displacement displacement;
  while (reader.next(record)) {
    const ReplayRow row = make_replay_row(record, data_file, reader.line(), symbols);
    displacement.look_at(row.spec.arrival);
    if (displacement.rows() > kReorderRows) return {};
    prefixes.draw(row, stream);
    ids.look_at(record.request_id, reader.line());
    ++rows;
  }
  if (rows == 0) throw DataError({.file = data_file, .line = 0, .key = ""}, "empty trace");
  ids.report(data_file, diagnostics);
  return {.source = std::make_unique<StreamedSource>(data_file, std::move(prefixes), stream, rows,
                                                     displacement.rows(), symbols),
          .last_arrival = displacement.last_arrival(),
          .ids_differ = ids.all_differ()};
}

}  // namespace blis::trace
