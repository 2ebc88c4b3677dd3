// The two processes that only an inference-perf description creates.
//
// Normalized exponential: n exponential gaps, scaled so that they fill the stage exactly; the count
// is then exact, unlike that of a Poisson process.

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "workload/arrival_process.h"
#include "workload/arrivals/whole_gap.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kMaxCount = 10'000'000;

class NormalizedExponential final : public ArrivalProcess {
 public:
  NormalizedExponential(std::int64_t count, std::int64_t duration_us,
                        random::RandomStream& stream) {
    const double rate = static_cast<double>(count) / static_cast<double>(duration_us);
    std::vector<double> raw(static_cast<std::size_t>(count));
    double sum = 0;
    for (double& gap : raw) {
      gap = stream.exponential() / rate;
      sum += gap;
    }
    const double scale = static_cast<double>(duration_us) / sum;
    gaps_us_.reserve(raw.size());
    for (const double gap : raw) gaps_us_.push_back(whole_gap_us(gap * scale));
  }

  std::int64_t next_gap_us(random::RandomStream& /*stream*/) override {
    return next_ < gaps_us_.size() ? gaps_us_[next_++] : 0;
  }

 private:
  std::vector<std::int64_t> gaps_us_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make_normalized_exponential(std::int64_t count,
                                                            std::int64_t duration_us,
                                                            random::RandomStream& stream) {
  if (count <= 0 || count > kMaxCount) {
    throw ConfigError(fmt::format("normalized exponential arrivals: count must be 1 to {}, got {}",
                                  kMaxCount, count));
  }
  if (duration_us < count) {
    throw ConfigError(fmt::format(
        "normalized exponential arrivals: {} arrivals do not fit into {} µs", count, duration_us));
  }
  return std::make_unique<NormalizedExponential>(count, duration_us, stream);
}

std::unique_ptr<ArrivalProcess> make_injected_arrivals(const InjectedArrivals& injected,
                                                       random::RandomStream& seed_source) {
  random::RandomStream factory_stream(seed_source.int63());
  if (injected.kind == InjectedArrivals::Kind::kNormalizedExponential) {
    return make_normalized_exponential(injected.count, injected.duration_us, factory_stream);
  }
  ArrivalSpec poisson;
  poisson.process = "poisson";
  Diagnostics unused;  // poisson has nothing to say
  return make_arrival_process(poisson, injected.rate_per_us, unused);
}

}  // namespace blis::workload
