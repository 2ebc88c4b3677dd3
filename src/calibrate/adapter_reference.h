// The simulator against published figures of a deployment with LoRA adapters ("digital twin").
// SOURCE spec traces 11.
#pragma once

#include <string>

#include "base/diagnostics.h"

namespace blis::calibrate {

struct AdapterReferenceOptions {
  std::string reference{};          ///< --adapter-reference
  std::string sim_metrics{};        ///< metrics file of a run with adapters
  std::string sim_metrics_blind{};  ///< of the same run without, "" = none
  double mape_threshold = 0.20;     ///< fraction
};

/// The report as JSON without a final newline.
/// THROWS ConfigError: a threshold that is not finite and above 0. DataError: a file that cannot be
/// read, a reference whose figures with adapters are not above 0, a simulation without duration.
std::string compare_adapter_reference(const AdapterReferenceOptions& options,
                                      Diagnostics& diagnostics);

}  // namespace blis::calibrate
