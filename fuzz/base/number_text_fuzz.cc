// Numbers: what the readers accept has one value, whichever reader takes it; what the writers write
// reads back.

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"
#include "base/number_text.h"
#include "base/yaml_scalar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto v = blis::parse_flag_int(text)) {
    BLIS_CHECK(blis::parse_flag_int(std::to_string(*v)) == v, "{}", text);
  }
  if (const auto v = blis::parse_plain_int(text)) {
    BLIS_CHECK(blis::parse_plain_int(std::to_string(*v)) == v, "{}", text);
  }
  if (const auto v = blis::parse_flag_double(text); v && std::isfinite(*v)) {
    BLIS_CHECK(blis::parse_flag_double(blis::format_json_number(*v)) == v, "{}", text);
  }
  blis::parse_flag_bool(text);
  blis::parse_duration_ns(text);
  blis::resolve_yaml_scalar(text);

  std::uint64_t bits = 0;
  std::memcpy(&bits, data, std::min(size, sizeof(bits)));
  const auto real = std::bit_cast<double>(bits);
  if (std::isfinite(real)) {
    for (const std::string& number :
         {blis::format_json_number(real), blis::format_yaml_number(real),
          blis::format_fixed_number(real)}) {
      const auto read = blis::parse_flag_double(number);
      BLIS_CHECK(read && std::bit_cast<std::uint64_t>(*read) == bits, "{}", number);
    }
    const auto scalar = blis::resolve_yaml_scalar(blis::format_yaml_number(real));
    BLIS_CHECK(scalar.real == real, "{}", blis::format_yaml_number(real));
  }
  return 0;
}
