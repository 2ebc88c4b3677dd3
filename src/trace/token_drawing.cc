#include "trace/token_drawing.h"

#include "request/private_blocks.h"

namespace blis::trace {

void PrefixTable::draw(const std::vector<ReplayRow>& rows, random::RandomStream& stream) {
  for (const ReplayRow& row : rows) draw(row, stream);
}

void PrefixTable::draw(const ReplayRow& row, random::RandomStream& stream) {
  const Symbol group = row.spec.prefix_group;
  if (group == SymbolTable::empty() || row.prefix_length <= 0) return;
  auto& prefix = by_group_[group.value()];
  if (prefix) return;
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(row.prefix_length));
  stream.tokens(tokens);
  prefix = std::make_shared<workload::PrefixTokens>(std::move(tokens), block_size_,
                                                    /*observed=*/false);
}

std::shared_ptr<const workload::PrefixTokens> PrefixTable::find(Symbol group) const {
  const auto found = by_group_.find(group.value());
  return found == by_group_.end() ? nullptr : found->second;
}

std::int64_t full_input(const ReplayRow& row, const PrefixTable& prefixes) {
  const auto prefix = prefixes.find(row.spec.prefix_group);
  return row.fresh_input + (prefix ? prefix->fold.size() : 0);
}

void TokenDrawing::use_private_blocks(std::int64_t block_size) {
  uses_private_blocks_ = true;
  const request::BlockKeyChain nothing(block_size);
  if (request::may_end_in_private_blocks(nothing)) {
    keys_without_prefix_ = request::make_private_keys(nothing);
  }
}

std::shared_ptr<const request::TokenKeys> TokenDrawing::draw(const request::RequestSpec& spec,
                                                             std::int64_t fresh_input,
                                                             const PrefixTable& prefixes,
                                                             random::RandomStream& stream,
                                                             FirstRound* first_round) {
  const auto prefix = prefixes.find(spec.prefix_group);
  if (uses_private_blocks_ && first_round == nullptr && (prefix || fresh_input > 0)) {
    const auto& keys = prefix ? prefix->private_keys : keys_without_prefix_;
    if (keys) {
      stream.skip_tokens(fresh_input + spec.output_tokens);
      return keys;
    }
  }
  workload::TokenFold input =
      prefix ? prefix->fold : workload::TokenFold(prefixes.block_size(), /*observed=*/false);
  scratch_.resize(static_cast<std::size_t>(fresh_input));
  stream.tokens(scratch_);
  input.append(scratch_);
  if (first_round != nullptr) first_round->input = input;

  scratch_.resize(static_cast<std::size_t>(spec.output_tokens));
  stream.tokens(scratch_);
  if (first_round != nullptr) first_round->output = scratch_;
  return request::make_token_keys(input.take_chain(), scratch_);
}

}  // namespace blis::trace
