// Strong 32-bit ids: indices into the tables of one simulation. Ids of different things do not mix,
// and there is no arithmetic on them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace blis {

template <typename Tag>
class Id {
 public:
  constexpr Id() = default;  ///< none()
  constexpr explicit Id(std::uint32_t value) : value_(value) {}
  constexpr explicit Id(std::size_t value) : value_(static_cast<std::uint32_t>(value)) {}

  /// "No such thing", for packed records; prefer std::optional<Id> elsewhere.
  static constexpr Id none() { return Id(); }
  constexpr bool is_none() const { return value_ == kNone; }

  constexpr std::uint32_t value() const { return value_; }
  constexpr std::size_t index() const { return value_; }

  friend constexpr auto operator<=>(Id, Id) = default;
  template <typename H>
  friend H AbslHashValue(H h, Id id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t value_ = kNone;
};

using RequestId = Id<struct RequestTag>;    ///< index into the run's RequestTable
using InstanceId = Id<struct InstanceTag>;  ///< position in the cluster's instance list
using BlockId = Id<struct BlockTag>;        ///< KV block of one instance
using Symbol = Id<struct SymbolTag>;        ///< interned string, see SymbolTable

}  // namespace blis
