#include "report/name_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <numeric>

namespace blis::report {
namespace {

RC_GTEST_PROP(NameOrder, IsTheOrderOfTheFormattedNames, ()) {
  SymbolTable symbols;
  const Symbol sessions[] = {Symbol::none(), Symbol::none(), symbols.intern("a"),
                             symbols.intern("b")};
  std::deque<request::RequestName> names;
  const auto numbers = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-3, 1200), rc::gen::arbitrary<std::int64_t>()));
  std::vector<const request::RequestName*> pointers;
  for (const std::int64_t number : numbers) {
    request::RequestName& name = names.emplace_back();
    name.number = number;
    name.session =
        *rc::gen::elementOf(std::vector<Symbol>(std::begin(sessions), std::end(sessions)));
    name.part = *rc::gen::element(request::RequestPart::kWhole, request::RequestPart::kWhole,
                                  request::RequestPart::kDecode);
    pointers.push_back(&name);
  }
  std::vector<std::uint32_t> expected(names.size());
  std::iota(expected.begin(), expected.end(), 0U);
  std::ranges::stable_sort(expected, {},
                           [&](std::uint32_t i) { return format_name(names[i], symbols); });
  RC_ASSERT(name_order(pointers, symbols) == expected);
}

}  // namespace
}  // namespace blis::report
