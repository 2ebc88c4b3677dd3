// The text of the user error that a call throws.
#pragma once

#include <string>

#include "base/error.h"

namespace blis::testing {

/// "no error" if the call returns.
template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const ConfigError& error) {
    return error.what();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace blis::testing
