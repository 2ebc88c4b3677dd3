#include "report/row_list.h"

namespace blis::report {

bool leaves_a_trace(const request::Measurements& m) {
  return m.registered || m.has_ttft || m.has_e2e || m.has_scheduling_delay;
}

RowList::RowList(const request::RequestTable& requests,
                 std::vector<std::span<const RequestId>> parts)
    : requests_(&requests), parts_(std::move(parts)) {
  for (const std::span<const RequestId> part : parts_) {
    for (const RequestId id : part) size_ += leaves_a_trace(requests[id].measured) ? 1 : 0;
  }
}

RowList::Iterator RowList::begin() const {
  Iterator first(*this, 0);
  if (requests_ != nullptr) first.skip_to_trace();
  return first;
}

RowList::Iterator RowList::end() const {
  Iterator end(*this, parts_.size());
  if (requests_ == nullptr) end.position_ = rows_.size();
  return end;
}

RequestRow RowList::Iterator::operator*() const {
  if (list_->requests_ == nullptr) return list_->rows_[position_];
  const request::Request& request = (*list_->requests_)[list_->parts_[part_][position_]];
  return {&request.spec, &request.measured};
}

RowList::Iterator& RowList::Iterator::operator++() {
  ++position_;
  if (list_->requests_ != nullptr) skip_to_trace();
  return *this;
}

void RowList::Iterator::skip_to_trace() {
  for (; part_ < list_->parts_.size(); ++part_, position_ = 0) {
    const std::span<const RequestId> part = list_->parts_[part_];
    for (; position_ < part.size(); ++position_) {
      if (leaves_a_trace((*list_->requests_)[part[position_]].measured)) return;
    }
  }
}

}  // namespace blis::report
