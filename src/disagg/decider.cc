#include "disagg/decider.h"

#include <algorithm>

namespace blis::disagg {

#define BLIS_DECIDER(name, factory, needs_prefix_views, help) \
  std::unique_ptr<Decider> factory(const DeciderContext& context);
#include "disagg/deciders/deciders.def"
#undef BLIS_DECIDER
#define BLIS_ENCODE_DECIDER(name, function, help) \
  bool function(const request::RequestSpec& request);
#include "disagg/encode_deciders/encode_deciders.def"
#undef BLIS_ENCODE_DECIDER

namespace {

constexpr DeciderEntry kDeciders[] = {
#define BLIS_DECIDER(name, factory, needs_prefix_views, help) \
  {name, factory, needs_prefix_views, help},
#include "disagg/deciders/deciders.def"
#undef BLIS_DECIDER
};
static_assert(std::ranges::is_sorted(kDeciders, {}, &DeciderEntry::name));

constexpr EncodeDeciderEntry kEncodeDeciders[] = {
#define BLIS_ENCODE_DECIDER(name, function, help) {name, function, help},
#include "disagg/encode_deciders/encode_deciders.def"
#undef BLIS_ENCODE_DECIDER
};
static_assert(std::ranges::is_sorted(kEncodeDeciders, {}, &EncodeDeciderEntry::name));

/// "" is never. nullptr if nothing has the name.
template <typename Entry, std::size_t kSize>
const Entry* find_entry(const Entry (&entries)[kSize], std::string_view name) {
  if (name.empty()) name = "never";
  const Entry* found = std::ranges::find(entries, name, &Entry::name);
  return found == std::end(entries) ? nullptr : found;
}

}  // namespace

std::span<const DeciderEntry> decider_entries() { return kDeciders; }
const DeciderEntry* find_decider(std::string_view name) { return find_entry(kDeciders, name); }
std::span<const EncodeDeciderEntry> encode_decider_entries() { return kEncodeDeciders; }
const EncodeDeciderEntry* find_encode_decider(std::string_view name) {
  return find_entry(kEncodeDeciders, name);
}

}  // namespace blis::disagg
