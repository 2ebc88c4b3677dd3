// Random operations on the GPU tier against the token-keeping model: any difference or broken law
// is a crash.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.h"
#include "testing/kv_operations.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::int64_t total_blocks = 1 + data[0] % 24;
  const std::int64_t block_size = 1 + data[1] % 5;
  std::size_t next = 2;
  blis::testing::KvOperations operations(total_blocks, block_size,
                                         [&](std::uint32_t n) -> std::optional<std::uint32_t> {
                                           if (next == size) return std::nullopt;
                                           return data[next++] % n;
                                         });
  const std::string difference = operations.run();
  BLIS_CHECK(difference.empty(), "{}", difference);
  return 0;
}
