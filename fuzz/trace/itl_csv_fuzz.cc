// Chunk times: whatever the bytes, the reader either says what is wrong, or returns chunks that
// read back unchanged.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "trace/itl_file.h"

namespace {

std::vector<blis::trace::ChunkTime> read(std::string text) {
  blis::trace::ItlReader reader(std::move(text), "fuzz");
  std::vector<blis::trace::ChunkTime> chunks;
  blis::trace::ChunkTime chunk;
  while (reader.next(chunk)) chunks.push_back(chunk);
  return chunks;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<blis::trace::ChunkTime> chunks;
  try {
    chunks = read(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const blis::DataError&) {
    return 0;
  }
  BLIS_CHECK(read(blis::trace::format_itl_file(chunks)) == chunks, "chunks changed");
  return 0;
}
