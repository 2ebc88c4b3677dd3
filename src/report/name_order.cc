#include "report/name_order.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

namespace blis::report {
namespace {

using request::Request;

// The number of a plain name as its decimal text sorts: digits moved to the left end of 19 places;
// of numbers that are then equal (1 and 10) the shorter text comes first.
struct PlainKey {
  std::uint64_t aligned = 0;
  std::uint32_t digits = 0;
  std::uint32_t position = 0;

  friend bool operator<(const PlainKey& a, const PlainKey& b) {
    return std::tie(a.aligned, a.digits, a.position) < std::tie(b.aligned, b.digits, b.position);
  }
};

PlainKey plain_key(std::int64_t number, std::size_t position) {
  constexpr std::uint64_t kSmallestOf19Digits = 1'000'000'000'000'000'000u;
  PlainKey key{.aligned = static_cast<std::uint64_t>(number),
               .digits = 19,
               .position = static_cast<std::uint32_t>(position)};
  if (key.aligned == 0) {
    key.digits = 1;
    return key;
  }
  for (; key.aligned < kSmallestOf19Digits; --key.digits) key.aligned *= 10;
  return key;
}

// Any other name is written once.
struct WrittenName {
  std::string name;
  const Request* request = nullptr;
};

bool is_plain(const request::RequestName& name) {
  return name.session.is_none() && name.part == request::RequestPart::kWhole && name.number >= 0;
}

}  // namespace

void sort_by_name(std::vector<const Request*>& requests, const SymbolTable& symbols) {
  std::vector<PlainKey> plain;
  std::vector<WrittenName> others;
  plain.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (is_plain(requests[i]->spec.name)) {
      plain.push_back(plain_key(requests[i]->spec.name.number, i));
    } else {
      others.push_back({format_name(requests[i]->spec.name, symbols), requests[i]});
    }
  }
  std::sort(plain.begin(), plain.end());
  std::vector<const Request*> sorted;
  sorted.reserve(requests.size());
  for (const PlainKey& key : plain) sorted.push_back(requests[key.position]);

  if (!others.empty()) {
    std::ranges::stable_sort(others, {}, &WrittenName::name);
    const auto middle = static_cast<std::ptrdiff_t>(sorted.size());
    for (const WrittenName& other : others) sorted.push_back(other.request);
    std::inplace_merge(
        sorted.begin(), sorted.begin() + middle, sorted.end(),
        [&symbols](const Request* a, const Request* b) {
          return std::is_lt(request::compare_names(a->spec.name, b->spec.name, symbols));
        });
  }
  requests = std::move(sorted);
}

std::vector<RequestId> registered_by_name(const RequestRows& rows, const SymbolTable& symbols) {
  std::vector<PlainKey> plain;
  std::vector<std::pair<std::string, RequestId>> others;
  plain.reserve(rows.size());
  RequestRows::Reader reader(rows);
  rows.for_each_id([&](RequestId id) {
    const RequestRow& row = reader.read(id);
    if (!row.measured->registered) return;
    if (is_plain(row.spec->name)) {
      plain.push_back(plain_key(row.spec->name.number, id.index()));
    } else {
      others.emplace_back(format_name(row.spec->name, symbols), id);
    }
  });
  std::sort(plain.begin(), plain.end());
  std::vector<RequestId> sorted;
  sorted.reserve(plain.size() + others.size());
  for (const PlainKey& key : plain) sorted.emplace_back(key.position);
  if (!others.empty()) {
    std::sort(others.begin(), others.end());
    const auto middle = static_cast<std::ptrdiff_t>(sorted.size());
    for (const auto& [name, id] : others) sorted.push_back(id);
    RequestRows::Reader other_reader(rows);
    std::inplace_merge(sorted.begin(), sorted.begin() + middle, sorted.end(),
                       [&](RequestId a, RequestId b) {
                         return std::is_lt(request::compare_names(
                             reader.read(a).spec->name, other_reader.read(b).spec->name, symbols));
                       });
  }
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace blis::report
