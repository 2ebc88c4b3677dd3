// Histograms as ServeGen writes them (the text of a Python dict), and the lognormal that stands for
// one.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace blis::workload::servegen {

/// Without blanks at either end.
std::string_view trim(std::string_view text);

/// `{100: 0.5, 200: 5e-1,}`; keys truncated, later duplicates win. THROWS DataError.
std::map<std::int64_t, double> parse_length_histogram(std::string_view text);

/// The same with keys in [0, 1], which may be quoted, and probabilities >= 0. THROWS DataError.
std::map<double, double> parse_ratio_histogram(std::string_view text);

struct Lognormal {
  double mu = 0;
  double sigma = 0;
};

/// Moments of ln(length), weighted by the probabilities; lengths <= 0 are left out.
///
///   mu = Σ p·ln k / Σ p,   sigma² = Σ p·(ln k)² / Σ p - mu²
///
/// THROWS DataError for a negative probability or none above 0. SOURCE spec workload 19.2.
Lognormal fit_lognormal(const std::map<std::int64_t, double>& histogram);

}  // namespace blis::workload::servegen
