#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace blis {

void check_failed(const char* file, int line, const char* condition, std::string_view message) {
  const std::string text =
      fmt::format("{}:{}: check failed: {}: {}\n", file, line, condition, message);
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
#ifdef BLIS_ABORT_ON_CHECK  // fuzzers recognise a crash, but not an exit
  std::abort();
#else
  std::_Exit(2);
#endif
}

}  // namespace blis
