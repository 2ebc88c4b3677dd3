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

bool has_plain_name(const Request& r) {
  const request::RequestName& name = r.spec.name;
  return name.session.is_none() && name.part == request::RequestPart::kWhole && name.number >= 0;
}

}  // namespace

void sort_by_name(std::vector<const Request*>& requests, const SymbolTable& symbols) {
  std::vector<PlainKey> plain;
  std::vector<WrittenName> others;
  plain.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (has_plain_name(*requests[i])) {
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

}  // namespace blis::report
