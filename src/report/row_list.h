// The requests that a part of the report is about, as rows of the reference's tables by id.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "request/request.h"

namespace blis::report {

/// One request as the reference's tables by id have it. Both pointers are valid as long as the
/// summary.
struct RequestRow {
  const request::RequestSpec* spec = nullptr;
  const request::Measurements* measured =
      nullptr;  ///< `registered` says whether it has a row at all
};

/// Rows with different names. Most runs have a row for every request, so a list keeps none of them:
/// it refers to the ids that the run has anyway and makes a row when it is looked at. Only where
/// requests of one name had to be merged are the rows stored.
class RowList {
 public:
  RowList() = default;
  /// Rows of those requests that left a trace, in this order. REQUIRES  their names differ; the
  /// table and what the spans refer to outlive the list.
  RowList(const request::RequestTable& requests, std::vector<std::span<const RequestId>> parts);
  explicit RowList(std::vector<RequestRow> rows) : size_(rows.size()), rows_(std::move(rows)) {}

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = RequestRow;

    Iterator() = default;
    RequestRow operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class RowList;
    Iterator(const RowList& list, std::size_t part) : list_(&list), part_(part) {}
    void skip_to_trace();

    const RowList* list_ = nullptr;
    std::size_t part_ = 0;
    std::size_t position_ = 0;  ///< within the part, or in the stored rows
  };

  Iterator begin() const;
  Iterator end() const;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Whether the rows are stored, which they are in order of names.
  bool is_stored() const { return requests_ == nullptr; }

 private:
  std::size_t size_ = 0;
  std::vector<RequestRow> rows_;
  const request::RequestTable* requests_ = nullptr;  ///< nullptr: the rows are stored
  std::vector<std::span<const RequestId>> parts_;
};

/// Whether a request appears in any of the reference's tables.
bool leaves_a_trace(const request::Measurements& m);

}  // namespace blis::report
