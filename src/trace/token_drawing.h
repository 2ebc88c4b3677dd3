// Draws the tokens of replayed requests and folds them into block keys at once. SOURCE spec
// traces 7.1-7.3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "random/random_stream.h"
#include "request/request.h"
#include "trace/replay_rows.h"
#include "workload/session_manager.h"

namespace blis::trace {

/// The shared prefixes of a trace by group.
class PrefixTable {
 public:
  explicit PrefixTable(std::int64_t block_size) : block_size_(block_size) {}

  /// Draws the prefix of each group at its first row that has a prefix length, in file order.
  /// [QUIRK] Later rows of the group share it whatever their own length says.
  void draw(const std::vector<ReplayRow>& rows, random::RandomStream& stream);
  /// The same for the next row of a file.
  void draw(const ReplayRow& row, random::RandomStream& stream);
  /// nullptr: the group has none.
  std::shared_ptr<const workload::PrefixTokens> find(Symbol group) const;
  std::int64_t block_size() const { return block_size_; }

 private:
  std::int64_t block_size_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const workload::PrefixTokens>> by_group_;
};

/// Draws input and output of one request at a time, in this order.
class TokenDrawing {
 public:
  /// From now on blocks that no other request can have get no keys (request/block_keys.h), and
  /// tokens that would only name them are passed over. The stream stays where it would be.
  /// REQUIRES every token of the replay comes from the stream that draw() is given.
  void use_private_blocks(std::int64_t block_size);

  /// What else a session that accumulates its context needs.
  struct FirstRound {
    std::optional<workload::TokenFold> input;
    std::vector<std::int32_t> output;
  };

  /// Keys of a request of `spec`'s group and output length with `fresh_input` tokens of its own.
  std::shared_ptr<const request::TokenKeys> draw(const request::RequestSpec& spec,
                                                 std::int64_t fresh_input,
                                                 const PrefixTable& prefixes,
                                                 random::RandomStream& stream,
                                                 FirstRound* first_round = nullptr);

 private:
  bool uses_private_blocks_ = false;
  /// Of requests without a shared prefix; nullptr if their blocks are too short to be private.
  std::shared_ptr<const request::TokenKeys> keys_without_prefix_;
  std::vector<std::int32_t> scratch_;
};

/// Input tokens of the request with its shared prefix.
std::int64_t full_input(const ReplayRow& row, const PrefixTable& prefixes);

}  // namespace blis::trace
