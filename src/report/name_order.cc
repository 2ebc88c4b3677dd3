#include "report/name_order.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

namespace blis::report {
namespace {

using request::RequestName;

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

PlainKey plain_key(std::int64_t number, std::uint32_t position) {
  constexpr std::uint64_t kSmallestOf19Digits = 1'000'000'000'000'000'000u;
  PlainKey key{.aligned = static_cast<std::uint64_t>(number), .digits = 19, .position = position};
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
  std::uint32_t position = 0;
};

bool is_plain(const RequestName& name) {
  return name.session.is_none() && name.part == request::RequestPart::kWhole && name.number >= 0;
}

}  // namespace

std::vector<std::uint32_t> name_order(std::span<const RequestName* const> names,
                                      const SymbolTable& symbols) {
  std::vector<PlainKey> plain;
  std::vector<WrittenName> others;
  plain.reserve(names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (is_plain(*names[i])) {
      plain.push_back(plain_key(names[i]->number, i));
    } else {
      others.push_back({format_name(*names[i], symbols), i});
    }
  }
  std::sort(plain.begin(), plain.end());
  std::vector<std::uint32_t> order;
  order.reserve(names.size());
  for (const PlainKey& key : plain) order.push_back(key.position);

  if (!others.empty()) {
    std::ranges::stable_sort(others, {}, &WrittenName::name);
    const auto middle = static_cast<std::ptrdiff_t>(order.size());
    for (const WrittenName& other : others) order.push_back(other.position);
    std::inplace_merge(order.begin(), order.begin() + middle, order.end(),
                       [&](std::uint32_t a, std::uint32_t b) {
                         return std::is_lt(request::compare_names(*names[a], *names[b], symbols));
                       });
  }
  return order;
}

}  // namespace blis::report
