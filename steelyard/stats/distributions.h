// SPDX-License-Identifier: Apache-2.0
// Exact tails of the distributions that bounds and intervals stand on. Pure, thread-safe. Private
// to `stats`.
#pragma once

namespace steelyard::stats {

// I_x(a, b), the regularised incomplete beta function, a, b > 0, 0 <= x <= 1; to about 1e-12.
double regularised_beta(double a, double b, double x);

// The value that Student's t with `freedom` degrees of freedom stays below with probability
// `chance`, 0.5 <= chance < 1, freedom > 0.
double student_quantile(double chance, double freedom);

// The same for chi-square, by Wilson and Hilferty (1931): within 1 % for chance <= 0.999.
double chi_square_quantile(double chance, double freedom);

}  // namespace steelyard::stats
