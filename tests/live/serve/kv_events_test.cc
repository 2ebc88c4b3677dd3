#include "live/serve/kv_events.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <vector>

namespace blis::live {
namespace {

using nlohmann::json;

constexpr std::int64_t kBlock = 4;

struct Sequence {
  std::shared_ptr<const request::TokenKeys> keys;
  TokenIds tokens;
};

Sequence sequence(TokenIds tokens) {
  Sequence made;
  request::BlockKeyChain chain(kBlock);
  chain.append(tokens);
  made.keys = request::make_token_keys(chain, {});
  made.tokens = std::move(tokens);
  return made;
}

TokenIds count_from(std::int32_t first, std::size_t n) {
  TokenIds tokens(n);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

json decoded(const std::string& batch) { return json::from_msgpack(batch); }

kv::IndexChange stored(const request::BlockKey& key) { return {key, true}; }
kv::IndexChange removed(const request::BlockKey& key) { return {key, false}; }

TEST(KvEventStream, BlocksOfAChainShareAnEvent) {
  const Sequence s = sequence(count_from(10, 10));
  const auto& keys = s.keys->sequence;
  ASSERT_EQ(keys.size(), 2U);
  KnownBlocks known;
  known.add(1, s.keys, s.tokens);
  KvEventStream stream(kBlock);
  EXPECT_EQ(decoded(stream.batch(std::vector{stored(keys[0]), stored(keys[1])}, known, 12.5)),
            json::parse(R"([12.5, [["BlockStored", [)" + std::to_string(keys[0].low) + "," +
                        std::to_string(keys[1].low) +
                        R"(], null, [10,11,12,13,14,15,16,17], 4, null, "GPU"]], 0])"));
}

TEST(KvEventStream, ALaterBlockNamesTheOneBeforeIt) {
  const Sequence s = sequence(count_from(0, 12));
  const auto& keys = s.keys->sequence;
  KnownBlocks known;
  known.add(1, s.keys, s.tokens);
  KvEventStream stream(kBlock);
  stream.batch(std::vector{stored(keys[0])}, known, 1);
  const json event = decoded(stream.batch(std::vector{stored(keys[1])}, known, 2))[1][0];
  EXPECT_EQ(event[1], json::array({keys[1].low}));
  EXPECT_EQ(event[2], keys[0].low);
  EXPECT_EQ(event[3], json::array({4, 5, 6, 7}));
}

TEST(KvEventStream, RemovedBlocksAreToldIfTheyWereStored) {
  const Sequence s = sequence(count_from(0, 8));
  const auto& keys = s.keys->sequence;
  KnownBlocks known;
  known.add(1, s.keys, s.tokens);
  KvEventStream stream(kBlock);
  EXPECT_EQ(stream.batch(std::vector{removed(keys[0])}, known, 1), "");
  stream.batch(std::vector{stored(keys[0]), stored(keys[1])}, known, 1);
  known.remove(1);  // the content need not be known any more
  const json event =
      decoded(stream.batch(std::vector{removed(keys[1]), removed(keys[0])}, known, 2))[1];
  EXPECT_EQ(
      event,
      json::array({json::array({"BlockRemoved", json::array({keys[1].low, keys[0].low}), "GPU"})}));
}

TEST(KvEventStream, BlocksOfNobodyAreLeftOut) {
  const Sequence s = sequence(count_from(0, 4));
  KvEventStream stream(kBlock);
  EXPECT_EQ(stream.batch(std::vector{stored(s.keys->sequence[0])}, {}, 1), "");
  EXPECT_EQ(stream.batch(std::vector{removed(s.keys->sequence[0])}, {}, 1), "");
}

TEST(KvEventStream, ALostInstanceClearsItsCacheOnce) {
  const Sequence s = sequence(count_from(0, 4));
  KnownBlocks known;
  known.add(1, s.keys, s.tokens);
  KvEventStream stream(kBlock);
  EXPECT_EQ(stream.clear(1), "");
  stream.batch(std::vector{stored(s.keys->sequence[0])}, known, 1);
  EXPECT_EQ(decoded(stream.clear(3)), json::parse(R"([3.0, [["AllBlocksCleared"]], 0])"));
  EXPECT_EQ(stream.clear(4), "");
}

// A follower that applies the events has the same keys, with the same tokens, as the cache.
RC_GTEST_PROP(KvEventStream, FollowersKnowWhatTheCacheHolds, ()) {
  const auto lengths = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 30)));
  KnownBlocks known;
  std::vector<request::BlockKey> keys;
  std::map<std::uint64_t, TokenIds> tokens_of;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    // Half of them begin alike.
    const Sequence s =
        sequence(count_from(i % 2 == 0 ? 0 : static_cast<std::int32_t>(i) * 100, lengths[i]));
    known.add(i + 1, s.keys, s.tokens);
    for (std::size_t b = 0; b < s.keys->sequence.size(); ++b) {
      keys.push_back(s.keys->sequence[b]);
      const auto first = s.tokens.begin() + static_cast<std::ptrdiff_t>(b * kBlock);
      tokens_of[keys.back().low] = TokenIds(first, first + kBlock);
    }
  }
  RC_PRE(!keys.empty());
  KvEventStream stream(kBlock);
  std::set<std::uint64_t> cache;
  std::map<std::uint64_t, TokenIds> follower;
  for (int round = 0; round < 5; ++round) {
    std::vector<kv::IndexChange> changes;
    const auto picks = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, keys.size()));
    for (const std::size_t pick : picks) {
      const bool is_new = cache.insert(keys[pick].low).second;
      if (!is_new) cache.erase(keys[pick].low);
      changes.push_back({keys[pick], is_new});
    }
    const std::string batch = stream.batch(changes, known, 1);
    if (batch.empty()) continue;
    const json told = decoded(batch);
    for (const json& event : told[1]) {
      for (std::size_t i = 0; i < event[1].size(); ++i) {
        const auto hash = event[1][i].get<std::uint64_t>();
        if (event[0] == "BlockRemoved") {
          follower.erase(hash);
          continue;
        }
        TokenIds tokens;
        for (std::size_t k = 0; k < static_cast<std::size_t>(kBlock); ++k) {
          tokens.push_back(event[3][i * kBlock + k].get<std::int32_t>());
        }
        follower[hash] = tokens;
      }
    }
  }
  RC_ASSERT(follower.size() == cache.size());
  for (const auto& [hash, tokens] : follower) {
    RC_ASSERT(cache.contains(hash));
    RC_ASSERT(tokens == tokens_of[hash]);
  }
  for (std::size_t i = 0; i < lengths.size(); ++i) known.remove(i + 1);
  RC_ASSERT(known.is_empty());
}

}  // namespace
}  // namespace blis::live
