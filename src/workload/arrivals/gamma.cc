// gamma: gaps Γ(shape α, scale θ), from both given, or from the coefficient of variation:
//
//   α = 1/cv²,  θ = (1/rate)·cv²        mean 1/rate, variance cv²/rate²
//
// With explicit α and θ the rate plays no role. cv > 10 makes α < 0.01, where the method fails:
// poisson instead.

#include <fmt/format.h>

#include <cmath>

#include "random/elementary.h"
#include "workload/arrival_process.h"
#include "workload/arrivals/whole_gap.h"

namespace blis::workload {

ArrivalProcessFactory make_poisson_arrivals;

namespace {

class GammaArrivals final : public ArrivalProcess {
 public:
  GammaArrivals(double shape, double scale_us) : shape_(shape), scale_us_(scale_us) {}
  std::int64_t next_gap_us(random::RandomStream& stream) override {
    return whole_gap_us(draw_gamma(stream, shape_, scale_us_));
  }

 private:
  double shape_;
  double scale_us_;
};

}  // namespace

double draw_gamma(random::RandomStream& stream, double shape, double scale) {
  if (shape < 1) {
    const double u = stream.float64();
    return draw_gamma(stream, shape + 1.0, scale) * random::pow(u, 1.0 / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    double x = 0;
    double v = 0;
    do {
      x = stream.normal();
      v = 1.0 + c * x;
    } while (!(v > 0));
    v = v * v * v;
    const double u = stream.float64();
    if (u < 1.0 - 0.0331 * (x * x) * (x * x)) return d * v * scale;
    if (random::log(u) < 0.5 * x * x + d * (1.0 - v + random::log(v))) return d * v * scale;
  }
}

std::unique_ptr<ArrivalProcess> make_gamma_arrivals(const ArrivalSpec& spec, double rate_per_us,
                                                    Diagnostics& diagnostics) {
  if (spec.has_positive_shape_and_scale()) {
    return std::make_unique<GammaArrivals>(*spec.shape, *spec.scale);
  }
  if (spec.shape && spec.scale) {
    diagnostics.warn("arrival: shape and scale must both be positive; using cv instead",
                     fmt::format("gamma, shape {}, scale {}", *spec.shape, *spec.scale));
  }
  const double cv = spec.cv && *spec.cv > 0 ? *spec.cv : 1.0;
  const double shape = 1.0 / (cv * cv);
  if (shape < 0.01) {
    diagnostics.warn("arrival: gamma with cv above 10 behaves as poisson",
                     fmt::format("cv {}", cv));
    return make_poisson_arrivals(spec, rate_per_us, diagnostics);
  }
  return std::make_unique<GammaArrivals>(shape, (1.0 / rate_per_us) * cv * cv);
}

}  // namespace blis::workload
