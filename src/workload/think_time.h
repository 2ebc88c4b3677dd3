// Think-time distributions of the command line: `lognormal:mu=2.0,sigma=0.6,min=3s,max=30s`,
// `constant:value=500ms`.
#pragma once

#include <memory>
#include <string_view>

#include "workload/length_sampler.h"

namespace blis::workload {

/// A sampler of microseconds for the text of `--think-time-dist`. Bare times are milliseconds.
/// THROWS ConfigError naming the flag, the text and what is wrong with it. SOURCE spec
/// workload 8.3, traces 7.3.
std::shared_ptr<LengthSampler> parse_think_time(std::string_view text);

}  // namespace blis::workload
