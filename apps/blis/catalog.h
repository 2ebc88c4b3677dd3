// Where the program's own data lies: defaults, model configurations, GPUs.
#pragma once

#include <string>

namespace blis::app {

/// The folder that holds defaults.yaml, model_configs/ and hardware_config.json: the one that
/// BLIS_CATALOG names, else
/// ../share/blis/catalog beside an installed program, else the nearest `catalog` above a program in
/// its build folder. Found from where the program lies, links followed, not from where it is
/// started. Empty if there is none.
std::string catalog_folder();

}  // namespace blis::app
