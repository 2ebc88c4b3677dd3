// The report of `calibrate` as a table for people.
#pragma once

#include <string>

#include "calibrate/report_json.h"

namespace blis::calibrate {

/// Latencies in milliseconds, errors in percent with the sign of simulated - real; ends in a
/// newline. REQUIRES as report_json().
std::string report_table(const CalibrationReport& report);

}  // namespace blis::calibrate
