// Any words after `blis run` are either understood or refused with a message.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/flags/command_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(data[i]);
    }
  }
  blis::config::RunFlags flags;
  blis::config::FlagSet set;
  blis::config::register_flags(flags, set);
  try {
    set.parse(words);
  } catch (const blis::ConfigError& error) {
    if (std::string(error.what()).empty()) std::abort();
  }
  return 0;
}
