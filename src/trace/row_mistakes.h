// Everything that is wrong with one row of a file, said at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace blis::trace {

class RowMistakes {
 public:
  void add(const InputLocation& where, std::string_view message) {
    if (!text_.empty()) text_ += '\n';
    text_ += format_error(where, message);
  }
  /// THROWS DataError with one line per mistake, if there were any since the last call.
  void throw_if_any() {
    if (!text_.empty()) throw DataError(std::exchange(text_, {}));
  }

 private:
  std::string text_;
};

}  // namespace blis::trace
