// Numbers as text, both ways, exactly as the files and flags of this field have them.
//
// Three shortest-round-trip formats that differ only in when they switch to an exponent (JSON,
// YAML, and plain fixed for trace CSV), and the readers for flag values, which take more than C's:
// underscores, 0x, 0o, 0b, hex floats, inf, nan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blis {

/// JSON number: fixed notation for 0 and 1e-6 <= |v| < 1e21, else `d.dde-7` / `d.dde+21`; shortest
/// digits that round-trip, padded with zeros. `30`, never `30.0`; `-0` for minus zero. SOURCE spec
/// engine 16.9, cli 2.1. REQUIRES v is finite.
std::string format_json_number(double v);
/// The same at the end of `out`.
void append_json_number(std::string& out, double v);

/// YAML number: exponent (sign, at least two digits) iff the decimal exponent is < -4 or >= 6:
/// `1e+06`, `5e-05`.
/// `.inf`, `-.inf`, `.nan` for the rest. SOURCE spec cli 2.2, workload 20.5.
std::string format_yaml_number(double v);

/// Shortest digits, never an exponent, as the `reason_ratio` column of a trace has them.
std::string format_fixed_number(double v);

/// Flag syntax for integers (spec cli 1.2): decimal, `0x`, `0o` or leading 0, `0b`, `_` between
/// digits, optional sign. nullopt if it is anything else or does not fit 64 bits.
std::optional<std::int64_t> parse_flag_int(std::string_view text);
/// The same for numbers without a sign that fit 64 bits unsigned.
std::optional<std::uint64_t> parse_flag_uint(std::string_view text);
/// Flag syntax for reals: decimal, scientific, hex float, inf / infinity / nan in any case, `_`
/// between digits. Values too large for a double are rejected, as are empty
/// strings and blanks.
std::optional<double> parse_flag_double(std::string_view text);
/// `1 t T TRUE true True 0 f F FALSE false False`.
std::optional<bool> parse_flag_bool(std::string_view text);
/// `1h2m3.5s`, units ns us µs μs ms s m h; the result is in nanoseconds (fraction truncated).
/// SOURCE spec cli 2.5.
std::optional<std::int64_t> parse_duration_ns(std::string_view text);
/// Plain decimal with an optional sign, no blanks, 64 bits: trace columns.
std::optional<std::int64_t> parse_plain_int(std::string_view text);

/// double to int64 as x86-64 does it: toward zero; NaN and everything out of range give -2^63.
/// SOURCE spec workload 0.
std::int64_t truncate_to_int64(double v);

}  // namespace blis
