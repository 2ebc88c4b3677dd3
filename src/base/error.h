// The user's mistakes: exceptions whose text is complete, so that a command only has to print it
// and exit with status 1.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace blis {

/// Where in the user's input something stands. Empty file: a command-line flag or a derived value.
struct InputLocation {
  std::string file;
  int line = 0;     ///< 1-based; 0 = not known
  std::string key;  ///< path of the key, as `clients[2].arrival.cv`, or the flag, as `--rate`
};

/// Formats as `file:line: key: message`, leaving out what is not known.
std::string format_error(const InputLocation& where, std::string_view message);

/// A setting that cannot be used: a flag, or a key of a configuration file.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::string& message) : std::runtime_error(message) {}
  ConfigError(const InputLocation& where, std::string_view message)
      : std::runtime_error(format_error(where, message)) {}
};

/// Data that cannot be read: a trace, a data set, a model's config.json.
class DataError : public std::runtime_error {
 public:
  explicit DataError(const std::string& message) : std::runtime_error(message) {}
  DataError(const InputLocation& where, std::string_view message)
      : std::runtime_error(format_error(where, message)) {}
};

/// The member of `valid` that `name` most likely meant, or "" if none is near (edit distance at
/// most a third of its length, at least 1; the first of several equally near ones).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> valid);

/// `unknown <what> "<name>"; did you mean "<nearest>"? (valid: a, b, c)`; the question is left out
/// when nothing is near.
std::string unknown_name(std::string_view what, std::string_view name,
                         std::span<const std::string_view> valid);

}  // namespace blis
