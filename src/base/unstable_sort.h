// The pattern-defeating quicksort whose order among equal keys is part of the results.
//
// Rows of the metrics file that arrive at the same time come out in the order that the reference's library sort happens to
// leave them in (spec engine 16.8, cli appendix A), so that sort is reproduced step by step, including its xorshift scatter.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace blis {

/// The permutation that sorts n elements: `order[k]` is the index of the element that ends up at position k.
/// `less(a, b)` compares elements by their original indices.
/// ENSURES  the same permutation as the reference's sort; a non-decreasing input is left unchanged.
std::vector<std::size_t> unstable_sort_order(std::size_t n,
                                             const std::function<bool(std::size_t, std::size_t)>& less);

}  // namespace blis
