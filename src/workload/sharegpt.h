// ShareGPT dumps as workload specs: JSON lists of conversations [{from, value}, …] hold texts and
// no times, so lengths become distributions, and the rate is the caller's.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

struct ShareGptConversion {
  std::string input;
  double rate_per_s = 1;
  double characters_per_token = 4;  ///< no tokenizer is at hand; English text has about 4
};

/// One client whose lengths are those of the first question and the first answer of each
/// conversation, in tokens rounded up and counted in steps of 16. Conversations without these two
/// are left out and counted. THROWS ConfigError for a rate or ratio that is not finite and above 0;
/// DataError for a file that is no such list, with the entry, and if no conversation is left.
WorkloadSpec convert_sharegpt(const ShareGptConversion& conversion, Diagnostics& diagnostics);
/// The same of `text`; `conversion.input` is only for messages.
WorkloadSpec parse_sharegpt(const std::string& text, const ShareGptConversion& conversion,
                            Diagnostics& diagnostics);

}  // namespace blis::workload
