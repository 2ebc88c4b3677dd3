// A user's script: its text, and which policies it defines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace blis::script {

/// Immutable, so that any number of simulations can share it; every user of it makes a Sandbox.
struct PolicyScript {
  std::string file;       ///< as the user named it, for messages
  std::string source;     ///< Lua 5.1 text
  std::int64_t seed = 0;  ///< master seed of the run: of math.random()
  bool has_score = false;
  bool has_admit = false;
  bool has_priority = false;
};

/// Runs the text once to see which functions it defines. THROWS ConfigError with file and line for
/// text that is not Lua, fails, or defines none of them.
std::shared_ptr<const PolicyScript> make_policy_script(std::string file, std::string source,
                                                       std::int64_t seed);

/// The same, from a file. THROWS ConfigError if it cannot be read.
std::shared_ptr<const PolicyScript> load_policy_script(const std::string& file, std::int64_t seed);

}  // namespace blis::script
