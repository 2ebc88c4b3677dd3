// poisson: exponential gaps with mean 1/rate. One exponential draw.

#include "workload/arrival_process.h"
#include "workload/arrivals/whole_gap.h"

namespace blis::workload {
namespace {

class PoissonArrivals final : public ArrivalProcess {
 public:
  explicit PoissonArrivals(double rate_per_us) : rate_per_us_(rate_per_us) {}
  std::int64_t next_gap_us(random::RandomStream& stream) override {
    return whole_gap_us(stream.exponential() / rate_per_us_);
  }

 private:
  double rate_per_us_;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make_poisson_arrivals(const ArrivalSpec& /*spec*/,
                                                      double rate_per_us,
                                                      Diagnostics& /*diagnostics*/) {
  return std::make_unique<PoissonArrivals>(rate_per_us);
}

}  // namespace blis::workload
