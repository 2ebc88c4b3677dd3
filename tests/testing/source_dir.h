// Where the files of the source tree are: tests read some that users have, too.
#pragma once

#include <string>

namespace blis::testing {

/// Path of a file of the source tree, e.g. source_path("docs/cli.md").
std::string source_path(const std::string& relative);

}  // namespace blis::testing
