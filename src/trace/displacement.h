// How far the rows of a trace are from their order of arrival. A server's trace is in order of
// completion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/micros.h"

namespace blis::trace {

/// How many rows may stand between a row and its place in the order of arrival, for whoever sorts
/// rows while reading them.
inline constexpr std::size_t kReorderRows = std::size_t{1} << 16;

/// Looks at the arrivals of a file, row by row.
class Displacement {
 public:
  /// COST  constant for a row in its place.
  void look_at(Micros arrival) {
    const std::size_t row = rows_++;
    while (records_.size() > 1 && records_[1].row + kReorderRows < row) records_.pop_front();
    if (records_.empty() || arrival > records_.back().latest) {
      records_.push_back({row, arrival});
      return;
    }
    // The first row that arrives later than this one stands too early.
    const auto first = std::ranges::upper_bound(records_, arrival, {}, &Record::latest);
    if (first != records_.end()) most_ = std::max(most_, row - first->row);
  }
  /// Whoever holds this many rows back gives all of them in order of arrival; meaningful up to
  /// kReorderRows. 0: the file is sorted.
  std::size_t rows() const { return most_; }
  Micros last_arrival() const { return records_.back().latest; }  ///< REQUIRES there was a row

 private:
  struct Record {
    std::size_t row = 0;
    Micros latest;  // of the rows up to this one
  };

  std::deque<Record> records_;  // of the rows that can still be overtaken, and one before them
  std::size_t rows_ = 0;
  std::size_t most_ = 0;
};

}  // namespace blis::trace
