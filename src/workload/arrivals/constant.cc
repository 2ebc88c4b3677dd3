// constant: 1/rate, truncated once, so 10 per second come every 99,999 µs [QUIRK, spec workload 7].

#include "workload/arrival_process.h"
#include "workload/arrivals/whole_gap.h"

namespace blis::workload {
namespace {

class ConstantArrivals final : public ArrivalProcess {
 public:
  explicit ConstantArrivals(double rate_per_us) : gap_us_(whole_gap_us(1.0 / rate_per_us)) {}
  std::int64_t next_gap_us(random::RandomStream& /*stream*/) override { return gap_us_; }

 private:
  std::int64_t gap_us_;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make_constant_arrivals(const ArrivalSpec& /*spec*/,
                                                       double rate_per_us,
                                                       Diagnostics& /*diagnostics*/) {
  return std::make_unique<ConstantArrivals>(rate_per_us);
}

}  // namespace blis::workload
