#include "testing/source_dir.h"

#include "source_dir_path.h"  // made by the build

namespace blis::testing {

std::string source_path(const std::string& relative) { return BLIS_SOURCE_DIR "/" + relative; }

}  // namespace blis::testing
