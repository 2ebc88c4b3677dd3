// Which build this is.
#pragma once

#include <string>

namespace blis::app {

/// `blis 1.2.3 (commit abc, GNU 12.2.0)` and a newline.
std::string version_text();
/// `1.2.3`.
std::string version_number();

}  // namespace blis::app
