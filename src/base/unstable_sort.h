// The pattern-defeating quicksort whose order among equal keys is part of the results.
//
// Rows of the metrics file that arrive at the same time come out in the order that the reference's
// library sort happens to leave them in (spec engine 16.8, cli appendix A), so that sort is
// reproduced step by step, including its xorshift scatter.
//
// Terms: a partition is *unbalanced* when its smaller side has less than an eighth of the elements.
// Each unbalanced one costs a scatter (which breaks up adversarial patterns) and one unit of a
// budget of log2(n); when the budget is spent, heapsort takes over. Short ranges go to insertion
// sort; ranges that look sorted get a try at finishing with few swaps.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace blis {

namespace internal {

template <typename Less>
class UnstableSort {
 public:
  UnstableSort(std::vector<std::size_t>& order, Less& less) : order_(order), less_(less) {}

  void sort() { quicksort(0, order_.size(), static_cast<int>(std::bit_width(order_.size()))); }

 private:
  enum class Hint { kUnknown, kIncreasing, kDecreasing };
  struct Pivot {
    std::size_t position;
    Hint hint;
  };

  static constexpr std::size_t kInsertionSortLength = 12;
  static constexpr std::size_t kMedianLength = 8;  ///< from here on the pivot is a median of three
  static constexpr std::size_t kMedianOfMediansLength = 50;
  static constexpr int kMaxPivotSwaps =
      12;  ///< all of 4 medians x 3 comparisons: strictly decreasing
  static constexpr int kMaxRepairs = 5;
  /// Of the reference's library from release 1.24 on; earlier ones had {13, 17, 5} (spec
  /// engine 16.8).
  static constexpr std::array<int, 3> kXorshift = {13, 7, 17};

  bool lt(std::size_t i, std::size_t j) const { return less_(order_[i], order_[j]); }
  void swap(std::size_t i, std::size_t j) { std::swap(order_[i], order_[j]); }

  void quicksort(std::size_t lo, std::size_t hi, int scatters_left) {
    bool was_balanced = true;
    bool was_partitioned = true;  // the last partition found nothing to swap
    for (;;) {
      const std::size_t length = hi - lo;
      if (length <= kInsertionSortLength) return insertion_sort(lo, hi);
      if (scatters_left == 0) return heap_sort(lo, hi);
      if (!was_balanced) {
        scatter(lo, hi);
        --scatters_left;
      }
      Pivot pivot = choose_pivot(lo, hi);
      if (pivot.hint == Hint::kDecreasing) {
        reverse(lo, hi);
        pivot = {(hi - 1) - (pivot.position - lo), Hint::kIncreasing};
      }
      if (was_balanced && was_partitioned && pivot.hint == Hint::kIncreasing && repair(lo, hi))
        return;
      if (lo > 0 && !lt(lo - 1, pivot.position)) {  // the pivot is the smallest: many equal keys
        lo = partition_equal(lo, hi, pivot.position);
        continue;
      }
      const auto [middle, partitioned] = partition(lo, hi, pivot.position);
      was_partitioned = partitioned;
      const std::size_t left = middle - lo;
      const std::size_t right = hi - middle;
      if (left < right) {  // recurse into the smaller side, so that the stack stays logarithmic
        was_balanced = left >= length / 8;
        quicksort(lo, middle, scatters_left);
        lo = middle + 1;
      } else {
        was_balanced = right >= length / 8;
        quicksort(middle + 1, hi, scatters_left);
        hi = middle;
      }
    }
  }

  /// Moves the pivot to its place; returns the place, and whether the range was partitioned
  /// already.
  std::pair<std::size_t, bool> partition(std::size_t lo, std::size_t hi, std::size_t pivot) {
    swap(lo, pivot);
    std::size_t i = lo + 1;
    std::size_t j = hi - 1;
    bool partitioned = true;
    for (;;) {
      while (i <= j && lt(i, lo)) ++i;
      while (i <= j && !lt(j, lo)) --j;
      if (i > j) break;
      partitioned = false;
      swap(i++, j--);
    }
    swap(j, lo);
    return {j, partitioned};
  }

  /// Gathers the elements equal to the pivot at the front; returns where the greater ones begin.
  std::size_t partition_equal(std::size_t lo, std::size_t hi, std::size_t pivot) {
    swap(lo, pivot);
    std::size_t i = lo + 1;
    std::size_t j = hi - 1;
    for (;;) {
      while (i <= j && !lt(lo, i)) ++i;
      while (i <= j && lt(lo, j)) --j;
      if (i > j) return i;
      swap(i++, j--);
    }
  }

  void insertion_sort(std::size_t lo, std::size_t hi) {
    for (std::size_t i = lo + 1; i < hi; ++i) {
      for (std::size_t j = i; j > lo && lt(j, j - 1); --j) swap(j, j - 1);
    }
  }

  void heap_sort(std::size_t lo, std::size_t hi) {
    const std::size_t length = hi - lo;
    for (std::size_t i = (length - 1) / 2 + 1; i-- > 0;) sift_down(lo, i, length);
    for (std::size_t i = length; i-- > 0;) {
      swap(lo, lo + i);
      sift_down(lo, 0, i);
    }
  }

  void sift_down(std::size_t base, std::size_t root, std::size_t length) {
    for (;;) {
      std::size_t child = 2 * root + 1;
      if (child >= length) return;
      if (child + 1 < length && lt(base + child, base + child + 1)) ++child;
      if (!lt(base + root, base + child)) return;
      swap(base + root, base + child);
      root = child;
    }
  }

  /// Swaps three elements around the middle with pseudo-random ones. REQUIRES hi - lo >= 8
  void scatter(std::size_t lo, std::size_t hi) {
    const std::size_t length = hi - lo;
    std::uint64_t random = length;
    const std::uint64_t mask = (std::uint64_t{1} << std::bit_width(length)) - 1;
    const std::size_t first = lo + (length / 4) * 2 - 1;
    for (std::size_t i = 0; i < 3; ++i) {
      random ^= random << kXorshift[0];
      random ^= random >> kXorshift[1];
      random ^= random << kXorshift[2];
      std::size_t other = static_cast<std::size_t>(random & mask);
      if (other >= length) other -= length;
      swap(first + i, lo + other);
    }
  }

  Pivot choose_pivot(std::size_t lo, std::size_t hi) const {
    const std::size_t length = hi - lo;
    std::size_t i = lo + length / 4;
    std::size_t j = lo + (length / 4) * 2;
    std::size_t k = lo + (length / 4) * 3;
    int swaps = 0;
    if (length >= kMedianLength) {
      if (length >= kMedianOfMediansLength) {
        i = median(i - 1, i, i + 1, swaps);
        j = median(j - 1, j, j + 1, swaps);
        k = median(k - 1, k, k + 1, swaps);
      }
      j = median(i, j, k, swaps);
    }
    if (swaps == 0) return {j, Hint::kIncreasing};
    if (swaps == kMaxPivotSwaps) return {j, Hint::kDecreasing};
    return {j, Hint::kUnknown};
  }

  std::size_t median(std::size_t a, std::size_t b, std::size_t c, int& swaps) const {
    order(a, b, swaps);
    order(b, c, swaps);
    order(a, b, swaps);
    return b;
  }

  void order(std::size_t& a, std::size_t& b, int& swaps) const {
    if (!lt(b, a)) return;
    std::swap(a, b);
    ++swaps;
  }

  void reverse(std::size_t lo, std::size_t hi) {
    for (std::size_t i = lo, j = hi - 1; i < j; ++i, --j) swap(i, j);
  }

  /// Repairs up to five places that are out of order. True if the range is sorted now.
  bool repair(std::size_t lo, std::size_t hi) {
    std::size_t i = lo + 1;
    for (int round = 0; round < kMaxRepairs; ++round) {
      while (i < hi && !lt(i, i - 1)) ++i;
      if (i == hi) return true;
      if (hi - lo < kMedianOfMediansLength) return false;
      swap(i, i - 1);
      if (i - lo >= 2) {  // down to 1, not to `lo`: what lies before `lo` is never greater
        for (std::size_t j = i - 1; j >= 1 && lt(j, j - 1); --j) swap(j, j - 1);
      }
      if (hi - i >= 2) {
        for (std::size_t j = i + 1; j < hi && lt(j, j - 1); ++j) swap(j, j - 1);
      }
    }
    return false;
  }

  std::vector<std::size_t>& order_;
  Less& less_;
};

}  // namespace internal

/// The permutation that sorts n elements: `order[k]` is the index of the element that ends up at
/// position k. `less(a, b)` compares elements by their original indices. ENSURES  the same
/// permutation as the reference's sort; a non-decreasing input is left unchanged. COST     O(n log
/// n) comparisons.
template <typename Less>
std::vector<std::size_t> unstable_sort_order(std::size_t n, Less less) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  internal::UnstableSort<Less>(order, less).sort();
  return order;
}

}  // namespace blis
