// tokenizer.json: whatever the bytes, it is refused with the file's name, or it encodes text.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "live/serve/bpe_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = blis::live::parse_bpe_tokenizer(text, "fuzz");
    const auto ids = tokenizer->encode("Hello  world, 1234 times.\n\tthe end");
    BLIS_CHECK(!ids.empty(), "no tokens");
  } catch (const blis::DataError& error) {
    BLIS_CHECK(std::string_view(error.what()).starts_with("fuzz"), "no file in: {}", error.what());
  }
  return 0;
}
