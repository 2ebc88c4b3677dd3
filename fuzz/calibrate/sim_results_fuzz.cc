// Files of --results-path and --metrics-path as calibrate reads them: whatever the bytes, they are
// refused with the file's name, or give results.

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "calibrate/sim_results.h"

namespace {

template <typename Load>
void refuses_or_loads(const std::string& file, Load load) {
  try {
    load(file);
  } catch (const blis::DataError& error) {
    BLIS_CHECK(std::string_view(error.what()).find(file) != std::string_view::npos,
               "an error without its file: {}", error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int descriptor = ::memfd_create("fuzz", 0);
  BLIS_CHECK(descriptor >= 0, "there is memory for a file");
  BLIS_CHECK(::write(descriptor, data, size) == static_cast<ssize_t>(size), "it is written");
  const std::string file = fmt::format("/proc/self/fd/{}", descriptor);
  refuses_or_loads(file, [](const std::string& path) {
    BLIS_CHECK(!blis::calibrate::load_sim_results(path).empty(), "results without results");
  });
  refuses_or_loads(file, [](const std::string& path) { blis::calibrate::load_sim_metrics(path); });
  ::close(descriptor);
  return 0;
}
