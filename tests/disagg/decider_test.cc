// Who is split, and who visits the encode pool. SOURCE spec disaggregation 4.

#include "disagg/decider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "kv/kv_factory.h"
#include "testing/kv_requests.h"

namespace blis::disagg {
namespace {

using gateway::RouteQuery;
using testing::KvRequest;
using testing::token_run;

constexpr std::int64_t kBlockSize = 16;
constexpr InstanceId kCold{std::uint32_t{0}};
constexpr InstanceId kWarm{std::uint32_t{1}};

/// Two instances, of which the second can be given prompts to cache.
class Deciders : public ::testing::Test {
 protected:
  Deciders() {
    views_.add(cold_.get());
    views_.add(warm_.get());
  }
  /// Puts the first `tokens` of the run that starts at 0 into the warm instance's cache.
  void cache(std::size_t tokens) {
    const KvRequest request(next_id_++, kBlockSize, token_run(0, tokens), {1});
    ASSERT_TRUE(warm_->allocate(request.client(), 0, static_cast<std::int64_t>(tokens), {}));
  }
  /// A prompt of the run that starts at 0.
  RouteQuery prompt(std::size_t tokens) {
    keys_ = testing::keys_of(token_run(0, tokens), kBlockSize);
    RouteQuery query;
    query.input_tokens = static_cast<std::int64_t>(tokens);
    query.input_keys = keys_;
    return query;
  }
  std::unique_ptr<Decider> make(std::string_view name, std::int64_t threshold = 0) {
    return find_decider(name)->make({.prefix_threshold_tokens = threshold,
                                     .block_size_tokens = kBlockSize,
                                     .prefix_views = &views_});
  }
  bool decides(std::int64_t threshold, std::size_t tokens, InstanceId instance) {
    return make("prefix-threshold", threshold)->disaggregates(prompt(tokens), instance);
  }

  std::uint32_t next_id_ = 0;
  std::vector<request::BlockKey> keys_;
  std::unique_ptr<kv::KvStore> cold_ = make_store();
  std::unique_ptr<kv::KvStore> warm_ = make_store();
  gateway::PrefixCacheViews views_{Micros(0), true};

 private:
  static std::unique_ptr<kv::KvStore> make_store() {
    kv::KvConfig config;
    config.total_blocks = 200;
    config.block_size = kBlockSize;
    return kv::make_kv_store(config, [](RequestId a, RequestId b) { return a < b; });
  }
};

TEST_F(Deciders, AreFoundByName) {
  std::vector<std::string> names;
  for (const DeciderEntry& entry : decider_entries()) names.emplace_back(entry.name);
  EXPECT_THAT(names, ::testing::ElementsAre("always", "never", "prefix-threshold"));
  EXPECT_EQ(find_decider("")->name, "never");
  EXPECT_EQ(find_decider("direct-to-decode"), nullptr);
  EXPECT_TRUE(find_decider("prefix-threshold")->needs_prefix_views);
  EXPECT_FALSE(find_decider("always")->needs_prefix_views);
}

TEST_F(Deciders, AlwaysAndNeverDoNotLook) {
  EXPECT_TRUE(make("always")->disaggregates(prompt(0), kCold));
  EXPECT_FALSE(make("never")->disaggregates(prompt(500), kCold));
}

TEST_F(Deciders, TheThresholdItselfStaysWhole) {
  EXPECT_FALSE(decides(512, 512, kCold));
  EXPECT_TRUE(decides(512, 513, kCold));
  EXPECT_TRUE(decides(0, 1, kCold));
}

TEST_F(Deciders, OnlyFullCachedBlocksCount) {
  cache(640);
  EXPECT_FALSE(decides(512, 840, kWarm));  // 40 blocks cached, 200 tokens not
  EXPECT_TRUE(decides(512, 840, kCold));
  EXPECT_FALSE(decides(200, 840, kWarm));
  EXPECT_TRUE(decides(199, 840, kWarm));
}

TEST_F(Deciders, AFullyCachedPromptStaysWholeEvenAtZero) {
  cache(64);
  EXPECT_FALSE(decides(0, 64, kWarm));
  EXPECT_TRUE(decides(0, 65, kWarm));  // the last token fills no block
}

TEST_F(Deciders, AnEmptyPromptStaysWhole) { EXPECT_FALSE(decides(0, 0, kCold)); }

TEST_F(Deciders, WithoutAViewOfTheCacheEverythingStaysWhole) {
  const std::unique_ptr<Decider> decider = find_decider("prefix-threshold")->make(DeciderContext());
  EXPECT_FALSE(decider->disaggregates(prompt(5000), kCold));
}

TEST(EncodeDeciders, AreFoundByName) {
  std::vector<std::string> names;
  for (const EncodeDeciderEntry& entry : encode_decider_entries()) names.emplace_back(entry.name);
  EXPECT_THAT(names, ::testing::ElementsAre("always", "multimodal", "never"));
  EXPECT_EQ(find_encode_decider("")->name, "never");
  EXPECT_EQ(find_encode_decider("sometimes"), nullptr);
}

/// A request with this many tokens of one modality.
request::RequestSpec with(std::int64_t request::RequestSpec::*modality, std::int64_t tokens) {
  request::RequestSpec spec;
  spec.*modality = tokens;
  return spec;
}

TEST(EncodeDeciders, MultimodalAsksForMoreThanText) {
  const auto encodes = find_encode_decider("multimodal")->encodes;
  EXPECT_FALSE(encodes({}));
  EXPECT_FALSE(encodes(with(&request::RequestSpec::text_tokens, 100)));
  EXPECT_TRUE(encodes(with(&request::RequestSpec::image_tokens, 1)));
  EXPECT_TRUE(encodes(with(&request::RequestSpec::audio_tokens, 1)));
  EXPECT_TRUE(encodes(with(&request::RequestSpec::video_tokens, 1)));
}

TEST(EncodeDeciders, AlwaysAndNeverDoNotLook) {
  EXPECT_TRUE(find_encode_decider("always")->encodes({}));
  EXPECT_FALSE(find_encode_decider("never")->encodes(with(&request::RequestSpec::image_tokens, 1)));
}

}  // namespace
}  // namespace blis::disagg
