// log, exp, pow, gamma and cos as the reference's runtime computes them: not correctly rounded, and
// not libm's. SOURCE spec engine 16.7, workload 3.
#pragma once

namespace blis::random {

double log(double x);
double exp(double x);
double pow(double x, double y);
double gamma(double x);  ///< REQUIRES x > 0
double cos(double x);    ///< REQUIRES |x| < 2^29

}  // namespace blis::random
