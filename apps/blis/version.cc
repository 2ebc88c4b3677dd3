#include "version.h"

#include <fmt/format.h>

namespace blis::app {

// The three macros are set by CMakeLists.txt when the build is configured.
std::string version_number() { return BLIS_VERSION; }

std::string version_text() {
  return fmt::format("blis {} (commit {}, {})\n", BLIS_VERSION, BLIS_COMMIT, BLIS_COMPILER);
}

}  // namespace blis::app
