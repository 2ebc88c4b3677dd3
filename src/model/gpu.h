// A GPU as the latency models and the capacity formula see it.
#pragma once

#include <map>
#include <string>

namespace blis::model {

/// SOURCE spec latency 4. Numbers that a file leaves out are 0.
struct Gpu {
  double tflops_peak = 0;         ///< 16-bit dense peak, 1e12 FLOP/s
  double tflops_fp8 = 0;          ///< 0 = no native FP8
  double bandwidth_tb_per_s = 0;  ///< HBM, 1e12 B/s
  double mfu_prefill = 0;         ///< roofline only
  double mfu_decode = 0;          ///< roofline only
  double memory_gib = 0;          ///< 0 = unknown
};

/// GPU name -> entry, names exact and case-sensitive; fields in any case, unknown ones ignored.
/// THROWS DataError.
std::map<std::string, Gpu> parse_gpus(const std::string& json_text, const std::string& file);
/// The same for a file. THROWS ConfigError if it cannot be read, DataError as above.
std::map<std::string, Gpu> load_gpus(const std::string& file);

/// THROWS ConfigError that lists the known names in order. `file` is named in it.
const Gpu& find_gpu(const std::map<std::string, Gpu>& gpus, const std::string& name,
                    const std::string& file);

}  // namespace blis::model
