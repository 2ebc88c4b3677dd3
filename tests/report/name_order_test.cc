#include "report/name_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>

namespace blis::report {
namespace {

RC_GTEST_PROP(NameOrder, IsTheOrderOfTheFormattedNames, ()) {
  SymbolTable symbols;
  const Symbol sessions[] = {Symbol::none(), Symbol::none(), symbols.intern("a"),
                             symbols.intern("b")};
  std::deque<request::Request> requests;
  const auto numbers = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-3, 1200), rc::gen::arbitrary<std::int64_t>()));
  std::vector<const request::Request*> order;
  for (const std::int64_t number : numbers) {
    request::RequestName& name = requests.emplace_back().spec.name;
    name.number = number;
    name.session =
        *rc::gen::elementOf(std::vector<Symbol>(std::begin(sessions), std::end(sessions)));
    name.part = *rc::gen::element(request::RequestPart::kWhole, request::RequestPart::kWhole,
                                  request::RequestPart::kDecode);
    order.push_back(&requests.back());
  }
  auto expected = order;
  std::stable_sort(expected.begin(), expected.end(), [&](const auto* a, const auto* b) {
    return format_name(a->spec.name, symbols) < format_name(b->spec.name, symbols);
  });
  sort_by_name(order, symbols);
  RC_ASSERT(order == expected);
}

}  // namespace
}  // namespace blis::report
