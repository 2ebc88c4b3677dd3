// What an unquoted YAML scalar means: null, a boolean, a number, a point in time, or just text.
//
// The mixture of YAML 1.1 and 1.2 that the reference's library has; reader and writer share it, so
// that what the writer leaves unquoted is what the reader takes for text. SOURCE  spec
// cli 2.2, 2.3, workload 4.1.
#pragma once

#include <cstdint>
#include <string_view>

namespace blis {

struct YamlScalar {
  enum class Kind {
    kText,
    kNull,       ///< nothing, `~`, `null`
    kBool,       ///< `true`, `false`; the words of YAML 1.1 are text
    kInt,        ///< fits int64
    kBigInt,     ///< fits uint64 only; in `real` rounded
    kReal,       ///< including `.inf` and `.nan`
    kTimestamp,  ///< a date, or a date and a time
  };
  Kind kind = Kind::kText;
  bool flag = false;
  std::int64_t integer = 0;
  double real = 0;  ///< of every number
};

YamlScalar resolve_yaml_scalar(std::string_view plain);

/// The words that YAML 1.1 takes for a boolean and 1.2 for text: `y yes on n no off` in lower,
/// Capitalised and UPPER case. 1 for yes, 0 for no, -1 for anything else.
int yaml_1_1_bool(std::string_view text);

}  // namespace blis
