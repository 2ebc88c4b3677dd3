// Think-time distributions: any text either gives a sampler of positive times or is refused with a
// ConfigError.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "workload/think_time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto sampler =
        blis::workload::parse_think_time({reinterpret_cast<const char*>(data), size});
    blis::random::RandomStream stream(1);
    for (int i = 0; i < 3; ++i) {
      if (sampler->sample(stream) < 1) std::abort();
    }
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
