// The two small ServeGen data sets of the acceptance vectors (spec workload 23.5), written into a
// temporary folder.
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>

#include "testing/temporary_folder.h"

namespace blis::workload::testing {

using ::blis::testing::TemporaryFolder;

/// Six chunks, three periods, a row of the second day.
inline void write_period_data(const TemporaryFolder& folder) {
  for (int c = 0; c < 6; ++c) {
    std::string trace;
    constexpr int kBases[] = {0, 28800, 50400};
    for (int p = 0; p < 3; ++p) {
      for (int w = 0; w < 3; ++w) {
        const double rate = c == 5 && p == 1 ? 0.0 : (c + 1) + 0.25 * w + p;
        trace +=
            fmt::format("{},{},{},{},{},{}\n", kBases[p] + 600 * w, rate, 1.0 + 0.1 * c,
                        (c + w) % 2 == 0 ? "Gamma" : "Weibull", 0.5 + 0.1 * w, 0.02 + 0.01 * c);
      }
    }
    trace += fmt::format("87600,{},1.5,Gamma,0.7,0.05\n", 2.0 * (c + 1));
    folder.write(fmt::format("chunk-{}-trace.csv", c), trace);

    std::string dataset = "{";
    for (int k = 0; k < 3; ++k) {
      dataset += fmt::format(
          R"("{}": {{"input_tokens": "{{{}: 0.5, {}: 0.3, 400: 0.2}}", "output_tokens": "{{{}: 0.6, {}: 0.4,}}"}},)",
          21600 * k, 100 + 10 * c + k, 200 + 10 * c, 50 + c, 80 + k);
    }
    dataset += R"("64800": {"input_tokens": "{}", "output_tokens": "{}"}})";
    folder.write(fmt::format("chunk-{}-dataset.json", c), dataset);
  }
}

/// Four chunks with reason ratios.
inline void write_reasoning_data(const TemporaryFolder& folder) {
  for (int c = 0; c < 4; ++c) {
    std::string trace;
    for (int w = 0; w < 4; ++w) {
      const double rate = (c + w) % 3 == 0 ? 0.0 : 1.5 * (c + 1) + 0.5 * w;
      trace += fmt::format("{},{},1.0,,\n", 600 * w, rate);
    }
    folder.write(fmt::format("chunk-{}-trace.csv", c), trace);
    folder.write(
        fmt::format("chunk-{}-dataset.json", c),
        fmt::format(
            R"({{"0": {{"input_tokens": "{{{}: 1.0}}", "output_tokens": "{{200: 0.5, {}: 0.5}}", )"
            R"("reason_ratio": "{{\"0.0\": 0.2, \"0.29\": 0.3, \"0.57\": 0.25, \"1.0\": 0.25}}"}}}})",
            100 + c, 300 + c));
  }
}

}  // namespace blis::workload::testing
