#include "request/request_name.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace blis::request {
namespace {

std::string_view suffix(RequestPart part) {
  switch (part) {
    case RequestPart::kPrefill:
      return "_prefill";
    case RequestPart::kDecode:
      return "_decode";
    case RequestPart::kWhole:
      break;
  }
  return "";
}

bool is_plain(const RequestName& name) {
  return name.session.is_none() && name.part == RequestPart::kWhole && name.number >= 0;
}

}  // namespace

std::string format_name(const RequestName& name, const SymbolTable& symbols) {
  if (name.session.is_none()) return fmt::format("request_{}{}", name.number, suffix(name.part));
  return fmt::format("session_{}_round_{}_{}{}", symbols.text(name.session), name.round,
                     name.number, suffix(name.part));
}

std::strong_ordering compare_names(const RequestName& a, const RequestName& b,
                                   const SymbolTable& symbols) {
  if (is_plain(a) && is_plain(b)) {
    // The common prefix says nothing, so the decimal digits decide, as text.
    char text_a[20];
    char text_b[20];
    const char* end_a = std::to_chars(text_a, text_a + sizeof text_a, a.number).ptr;
    const char* end_b = std::to_chars(text_b, text_b + sizeof text_b, b.number).ptr;
    return std::string_view(text_a, static_cast<std::size_t>(end_a - text_a)) <=>
           std::string_view(text_b, static_cast<std::size_t>(end_b - text_b));
  }
  return format_name(a, symbols) <=> format_name(b, symbols);
}

}  // namespace blis::request
