#include "workload/servegen.h"

#include "base/error.h"

namespace blis::workload {

void load_servegen_data(WorkloadSpec& spec, Diagnostics& /*diagnostics*/) {
  throw ConfigError(InputLocation{spec.file, 0, "servegen_data"}, "data sets are not read yet");
}

}  // namespace blis::workload
