// What all fuzzers of importers do: the input as a file that exists only in memory, and what must
// hold of every request that is handed over.
#pragma once

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "trace/importers/importers.h"
#include "trace/replay_rows.h"

namespace blis::fuzz {

/// Whatever the bytes, the importer says what is wrong, or hands over requests that a trace can
/// hold.
inline void import_bytes(std::string_view importer, const std::uint8_t* data, std::size_t size) {
  const int descriptor = ::memfd_create("fuzz", 0);
  BLIS_CHECK(descriptor >= 0, "there is memory for a file");
  BLIS_CHECK(::write(descriptor, data, size) == static_cast<ssize_t>(size), "it is written");
  Diagnostics diagnostics;
  try {
    trace::find_importer(importer)->import(
        fmt::format("/proc/self/fd/{}", descriptor),
        [](const trace::TraceRecord& r) {
          for (const std::int64_t tokens : {r.input_tokens, r.output_tokens, r.prefix_length}) {
            BLIS_CHECK(tokens >= 0 && tokens <= trace::kMaxRowTokens, "{} tokens", tokens);
          }
          BLIS_CHECK(r.arrival_time_us >= 0 && r.send_time_us == r.arrival_time_us,
                     "arrives at {}, sent at {}", r.arrival_time_us, r.send_time_us);
          BLIS_CHECK(r.first_chunk_time_us == 0 || r.first_chunk_time_us >= r.send_time_us,
                     "answered before it was sent");
        },
        diagnostics);
  } catch (const DataError& error) {
    BLIS_CHECK(!std::string_view(error.what()).empty(), "an error has a text");
  }
  ::close(descriptor);
}

}  // namespace blis::fuzz
