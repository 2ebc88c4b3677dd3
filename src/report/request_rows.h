// The requests that a metrics block is about.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "request/request_table.h"

namespace blis::report {

/// One request as the reference's tables by id have it.
struct RequestRow {
  const request::RequestSpec* spec = nullptr;
  const request::Measurements* measured =
      nullptr;  ///< `registered` says whether it has a row at all
};

/// One row per name, ascending bytewise by name; of a run that kept only records of its requests,
/// in order of injection, and then a row holds until the iterator that gave it moves on.
class RequestRows {
 public:
  class Iterator {
   public:
    explicit Iterator(const RequestRows& rows) : rows_(rows) { skip_ended_parts(); }
    const RequestRow& operator*() {
      if (rows_.table_ == nullptr) return rows_.whole_[next_];
      if (!restored_) restored_ = std::make_unique<request::Request>();
      rows_.table_->restore(rows_.parts_[part_][next_], *restored_);
      row_ = {&restored_->spec, &restored_->measured};
      return row_;
    }
    Iterator& operator++() {
      ++next_;
      skip_ended_parts();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const {
      return rows_.table_ == nullptr ? next_ == rows_.whole_.size() : part_ == rows_.parts_.size();
    }

   private:
    void skip_ended_parts() {
      while (part_ < rows_.parts_.size() && next_ == rows_.parts_[part_].size()) {
        ++part_;
        next_ = 0;
      }
    }

    const RequestRows& rows_;
    std::size_t part_ = 0;
    std::size_t next_ = 0;  // in the part, or in the whole rows
    std::unique_ptr<request::Request> restored_;
    RequestRow row_;
  };

  RequestRows() = default;
  explicit RequestRows(std::vector<RequestRow> rows) : whole_(std::move(rows)) {}
  /// The requests of `parts`, one after the other; `table` and the ids outlive the rows.
  RequestRows(const request::RequestTable& table, std::vector<std::span<const RequestId>> parts)
      : table_(&table), parts_(std::move(parts)) {}

  std::size_t size() const {
    std::size_t size = whole_.size();
    for (const std::span<const RequestId> part : parts_) size += part.size();
    return size;
  }
  Iterator begin() const { return Iterator(*this); }
  static std::default_sentinel_t end() { return {}; }
  /// Rows that hold as long as the summary. REQUIRES the run kept its requests.
  const std::vector<RequestRow>& whole() const {
    BLIS_CHECK(table_ == nullptr, "report: a finished request is asked for that was not kept");
    return whole_;
  }

  /// Whether the run kept only records, which are asked for one by one.
  bool are_records() const { return table_ != nullptr; }
  /// The requests of the rows, in order of injection. REQUIRES are_records()
  template <typename Function>
  void for_each_id(Function&& function) const {
    for (const std::span<const RequestId> part : parts_) {
      for (const RequestId id : part) function(id);
    }
  }
  /// Reads single records.
  class Reader {
   public:
    /// REQUIRES rows.are_records(); `rows` outlives the reader.
    explicit Reader(const RequestRows& rows) : table_(*rows.table_) {}
    /// Holds until the next one is read.
    const RequestRow& read(RequestId id) {
      table_.restore(id, *restored_);
      return row_;
    }

   private:
    const request::RequestTable& table_;
    std::unique_ptr<request::Request> restored_ = std::make_unique<request::Request>();
    RequestRow row_{&restored_->spec, &restored_->measured};
  };

 private:
  std::vector<RequestRow> whole_;
  const request::RequestTable* table_ = nullptr;
  std::vector<std::span<const RequestId>> parts_;  // if `table_` is set
};

}  // namespace blis::report
