// Scorer lists: whatever the text, it is refused with a message or gives known names, each once,
// with usable weights.

#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "gateway/scorer.h"
#include "gateway/scorer_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    std::set<std::string> seen;
    for (const blis::gateway::ScorerWeight& scorer :
         blis::gateway::parse_scorers(text, "--routing-scorers")) {
      BLIS_CHECK(blis::gateway::find_scorer(scorer.name) != nullptr, "scorer {}", scorer.name);
      BLIS_CHECK(seen.insert(scorer.name).second, "scorer {} twice", scorer.name);
      BLIS_CHECK(std::isfinite(scorer.weight) && scorer.weight > 0, "weight {}", scorer.weight);
    }
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
