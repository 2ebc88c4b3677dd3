// weibull: gaps λ·(-ln u)^(1/k), from shape k and scale λ both given, or from the coefficient of
// variation:
//
//   k = the shape whose cv is this one,  λ = (1/rate) / Γ(1 + 1/k)        mean 1/rate

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "random/elementary.h"
#include "workload/arrival_process.h"
#include "workload/arrivals/whole_gap.h"

namespace blis::workload {
namespace {

class WeibullArrivals final : public ArrivalProcess {
 public:
  WeibullArrivals(double shape, double scale_us) : shape_(shape), scale_us_(scale_us) {}
  std::int64_t next_gap_us(random::RandomStream& stream) override {
    double u = stream.float64();
    if (u == 0) u = std::numeric_limits<double>::denorm_min();
    return whole_gap_us(scale_us_ * random::pow(-random::log(u), 1.0 / shape_));
  }

 private:
  double shape_;
  double scale_us_;
};

double cv_of_shape(double shape) {
  const double g1 = random::gamma(1.0 + 1.0 / shape);
  const double g2 = random::gamma(1.0 + 2.0 / shape);
  return std::sqrt(g2 / (g1 * g1) - 1.0);
}

}  // namespace

double weibull_shape_from_cv(double cv, bool& converged) {
  double low = 0.1;
  double high = 100.0;
  for (int i = 0; i < 100; ++i) {
    const double mid = (low + high) / 2;
    const double mid_cv = cv_of_shape(mid);
    if (std::abs(mid_cv - cv) < 0.001) {
      converged = true;
      return mid;
    }
    if (mid_cv > cv) {
      low = mid;
    } else {
      high = mid;
    }
  }
  converged = false;
  return (low + high) / 2;
}

std::unique_ptr<ArrivalProcess> make_weibull_arrivals(const ArrivalSpec& spec, double rate_per_us,
                                                      Diagnostics& diagnostics) {
  if (spec.has_positive_shape_and_scale()) {
    return std::make_unique<WeibullArrivals>(*spec.shape, *spec.scale);
  }
  if (spec.shape && spec.scale) {
    diagnostics.warn("arrival: shape and scale must both be positive; using cv instead",
                     fmt::format("weibull, shape {}, scale {}", *spec.shape, *spec.scale));
  }
  const double cv = spec.cv && *spec.cv > 0 ? *spec.cv : 1.0;
  bool converged = false;
  const double shape = weibull_shape_from_cv(cv, converged);
  if (!converged) {
    diagnostics.warn("arrival: no weibull shape has this cv; using the nearest",
                     fmt::format("cv {}, shape {}", cv, shape));
  }
  return std::make_unique<WeibullArrivals>(shape,
                                           (1.0 / rate_per_us) / random::gamma(1.0 + 1.0 / shape));
}

}  // namespace blis::workload
