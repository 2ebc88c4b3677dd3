// Any bytes are either a policy bundle or refused with a message that names the file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/policy_bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    blis::config::parse_policy_bundle(text, "bundle.yaml");
  } catch (const blis::ConfigError& error) {
    if (!std::string_view(error.what()).starts_with("bundle.yaml")) std::abort();
  }
  return 0;
}
