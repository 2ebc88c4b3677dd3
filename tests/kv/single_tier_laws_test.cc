// The GPU tier against the token-keeping model on random operations. SOURCE spec kv-cache 12, laws
// 1 to 9.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "random/random_stream.h"
#include "testing/kv_operations.h"

namespace blis::kv {
namespace {

using ::blis::testing::KvOperations;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;

RC_GTEST_PROP(SingleTierLaws, ActsLikeTheTokenKeepingModel, ()) {
  const auto total_blocks = *rc::gen::inRange<std::int64_t>(1, 14);
  const auto block_size = *rc::gen::inRange<std::int64_t>(1, 5);
  random::RandomStream stream(*rc::gen::arbitrary<std::int64_t>());
  auto choices_left = *rc::gen::inRange(0, 6000);
  KvOperations operations(total_blocks, block_size,
                          [&](std::uint32_t n) -> std::optional<std::uint32_t> {
                            if (choices_left-- <= 0) return std::nullopt;
                            return stream.uint32() % n;
                          });
  RC_ASSERT(operations.run() == "");
}

// Law 6: after a release, popping j blocks takes exactly the last j blocks of the prompt.
RC_GTEST_PROP(SingleTierLaws, EvictsAReleasedPromptFromItsEnd, ()) {
  const auto prompt_blocks = *rc::gen::inRange<std::int64_t>(1, 12);
  const auto taken_blocks = *rc::gen::inRange<std::int64_t>(0, prompt_blocks + 1);
  SingleTierCache cache(prompt_blocks, 4);
  KvRequest a(0, 4, token_run(0, static_cast<std::size_t>(4 * prompt_blocks)), {});
  RC_ASSERT(cache.allocate(a.client(), 0, 4 * prompt_blocks, {}));
  cache.release(a.id());
  KvRequest b(1, 4, token_run(1000, static_cast<std::size_t>(4 * taken_blocks)), {});
  if (taken_blocks > 0) RC_ASSERT(cache.allocate(b.client(), 0, 4 * taken_blocks, {}));
  RC_ASSERT(std::ssize(match(cache, a.input())) == prompt_blocks - taken_blocks);
}

}  // namespace
}  // namespace blis::kv
