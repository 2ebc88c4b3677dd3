// The texts inside ServeGen files: histograms and their fits are numbers or a DataError, never
// anything else.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "workload/servegen/histogram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace servegen = blis::workload::servegen;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& [ratio, probability] : servegen::parse_ratio_histogram(text)) {
      if (!(ratio >= 0 && ratio <= 1 && probability >= 0)) std::abort();
    }
  } catch (const blis::DataError&) {
  }
  try {
    const auto histogram = servegen::parse_length_histogram(text);
    if (histogram.empty()) std::abort();
    (void)servegen::fit_lognormal(histogram);
  } catch (const blis::DataError&) {
  }
  return 0;
}
