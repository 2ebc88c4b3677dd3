// Random operations on a cache and on the naive model, compared after each. Shared by the property
// test and the fuzzer: both only supply the choices.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kv/single_tier_cache.h"
#include "testing/kv_requests.h"
#include "testing/naive_kv_cache.h"

namespace blis::testing {

class KvOperations {
 public:
  /// `choose(n)` returns a number in [0, n), or nullopt when the run shall end.
  using Choose = std::function<std::optional<std::uint32_t>(std::uint32_t)>;

  KvOperations(std::int64_t total_blocks, std::int64_t block_size, Choose choose)
      : block_size_(static_cast<std::size_t>(block_size)),
        cache_(total_blocks, block_size),
        naive_(static_cast<std::size_t>(total_blocks), static_cast<std::size_t>(block_size)),
        choose_(std::move(choose)) {
    freeze_both();
  }

  /// Runs to the end of the choices. Returns what differs from the model or which law is broken, ""
  /// if nothing.
  std::string run() {
    while (step()) {
      if (!failure_.empty()) return failure_;
      compare();
      if (!failure_.empty()) return failure_;
    }
    for (const auto& r : requests_) {
      if (r) cache_.release(r->id());
    }
    if (cache_.used_blocks() != 0) return "law 7: blocks are in use after all were released";
    return "";
  }

 private:
  static constexpr std::size_t kSlots = 5;

  std::size_t number(std::size_t n) {
    const auto choice = choose_(static_cast<std::uint32_t>(n));
    if (!choice) ended_ = true;
    return choice.value_or(0);
  }

  Tokens draw_tokens(std::size_t count) {
    Tokens tokens;
    for (std::size_t i = 0; i < count; ++i) tokens.push_back(static_cast<std::int32_t>(number(2)));
    return tokens;
  }

  bool step() {
    const std::size_t what = number(8);
    const std::size_t slot = number(kSlots);
    if (ended_) return false;
    std::unique_ptr<KvRequest>& r = requests_[slot];
    if (!r) {
      Tokens input = draw_tokens(number(3 * block_size_ + 2));
      Tokens output = draw_tokens(1 + number(2 * block_size_ + 1));
      r = std::make_unique<KvRequest>(next_id_++, static_cast<std::int64_t>(block_size_),
                                      std::move(input), std::move(output));
    }
    switch (what) {
      case 0:
        finish(r);
        break;
      case 1:
        preempt(*r);
        break;
      case 2:
        freeze_both();
        break;
      case 3:
        jump_behind_a_prefix(*r);
        break;
      case 4:
        append_several(*r);
        break;
      default:
        advance(*r);
        break;
    }
    return true;
  }

  /// A follower of the cache knows now what it knows.
  void freeze_both() {
    std::vector<kv::IndexChange> changes;
    cache_.take_view_changes(changes);
    for (const auto& [key, is_findable] : changes) {
      const bool is_news = is_findable ? view_.insert(key).second : view_.erase(key) == 1;
      if (!is_news) fail("a view change says what was known");
    }
    naive_.freeze();
  }

  void finish(std::unique_ptr<KvRequest>& r) {
    cache_.release(r->id());
    naive_.release(r->id().value());
    stale_ = match_both(r->sequence());
    r.reset();
  }

  void preempt(KvRequest& r) {
    cache_.release(r.id());
    naive_.release(r.id().value());
    r.set_progress(0);
  }

  /// The next chunk of a prompt, or the next token.
  void advance(KvRequest& r) {
    const auto progress = static_cast<std::size_t>(r.progress());
    const std::size_t input = r.input().size();
    if (progress < input) {
      NaiveKvCache::Ids cached;
      std::size_t start = progress;
      if (naive_.held(r.id().value()).empty()) {
        cached = match_both(r.input());
        start = cached.size() * block_size_;
        // Now and then the blocks were refilled between the look-up and the claim, as a reload from
        // a lower tier does.
        if (!cached.empty() && stale_.size() >= cached.size() && number(4) == 0) {
          NaiveKvCache::Ids foreign(stale_.begin(),
                                    stale_.begin() + static_cast<std::ptrdiff_t>(cached.size()));
          if (std::ranges::all_of(foreign, [this](std::size_t b) { return naive_.is_keyed(b); })) {
            cached = foreign;
          }
        }
      }
      const std::size_t end = start + number(input - start + 1);
      if (allocate(r, start, end, cached)) r.set_progress(static_cast<std::int64_t>(end));
      return;
    }
    if (progress - input >= r.output().size()) return;
    if (allocate(r, progress, progress + 1, {})) {
      // An empty prompt is admitted without progress, so that its first token comes twice.
      const auto held = naive_.held(r.id().value());
      const bool is_first_token = held.size() == 1 && naive_.tokens(held[0]) == 1;
      if (input == 0 && progress == 0 && is_first_token && number(2) == 0) return;
      r.set_progress(static_cast<std::int64_t>(progress + 1));
    }
  }

  /// A queued request that already holds some blocks is scheduled behind another prefix than it
  /// holds (spec kv-cache W3).
  void jump_behind_a_prefix(KvRequest& r) {
    const auto held = naive_.held(r.id().value());
    const std::size_t input_blocks = r.input().size() / block_size_;
    if (held.empty() || naive_.tokens(held.back()) < block_size_) return;
    if (static_cast<std::size_t>(r.progress()) >= r.input().size()) return;
    const std::size_t start = number(input_blocks + 1) * block_size_;
    const std::size_t end = start + number(r.input().size() - start + 1);
    if (allocate(r, start, end, {})) r.set_progress(static_cast<std::int64_t>(end));
  }

  void append_several(KvRequest& r) {
    const auto progress = static_cast<std::size_t>(r.progress());
    const std::size_t input = r.input().size();
    if (progress < input) return;
    const auto room = static_cast<std::size_t>(cache_.tokens_until_block_boundary(r.id()));
    const std::size_t left = input + r.output().size() - progress;
    const std::size_t n = number(std::min(room, left) + 1);
    const kv::KvClient client = r.client();
    for (std::size_t i = 0; i < n; ++i) {
      naive_.allocate(r, progress + i, progress + i + 1, {});
      r.set_progress(static_cast<std::int64_t>(progress + i + 1));
    }
    cache_.append_decode_tokens(client, static_cast<std::int64_t>(n));
  }

  bool allocate(const KvRequest& r, std::size_t start, std::size_t end,
                const NaiveKvCache::Ids& cached) {
    std::vector<BlockId> cached_ids;
    for (const std::size_t b : cached) cached_ids.emplace_back(b);
    const auto free_before = cache_.pool().free_list();
    const std::int64_t counted_before = cache_.hits() + cache_.misses();
    const bool expected = naive_.allocate(r, start, end, cached);
    const bool actual = cache_.allocate(r.client(), static_cast<std::int64_t>(start),
                                        static_cast<std::int64_t>(end), cached_ids);
    if (actual != expected) fail("allocate() answers differently");
    if (!actual && (free_before != cache_.pool().free_list() ||
                    counted_before != cache_.hits() + cache_.misses())) {
      fail("law 4: a refused allocation changed something");
    }
    return expected;
  }

  NaiveKvCache::Ids match_both(const Tokens& tokens) {
    const auto expected = naive_.match(tokens);
    const auto actual = match(cache_, tokens);
    if (!same(actual, expected)) fail("match() answers differently");
    if (cache_.cached_prefix_blocks(keys_of(tokens, cache_.block_size())) != std::ssize(expected)) {
      fail("cached_prefix_blocks() answers differently");
    }
    return expected;
  }

  void compare() {
    cache_.pool().audit();
    if (!same(cache_.pool().free_list(), naive_.free_list())) fail("free lists differ");
    if (cache_.hits() != naive_.hits) fail("hits differ");
    if (cache_.misses() != naive_.misses) fail("misses differ");
    for (const auto& r : requests_) {
      if (!r) continue;
      const auto held = cache_.held_blocks(r->id());
      if (!same({held.begin(), held.end()}, naive_.held(r->id().value()))) {
        fail("held blocks differ");
      }
      match_both(r->sequence());
      match_both(r->output());
      const auto keys = keys_of(r->sequence(), cache_.block_size());
      const auto end = std::ranges::find_if_not(
          keys, [this](const request::BlockKey& key) { return view_.contains(key); });
      if (end - keys.begin() != static_cast<std::int64_t>(naive_.frozen_match(r->sequence()))) {
        fail("law 9: a view that follows the changes differs from the cache when they were taken");
      }
    }
  }

  void fail(std::string what) {
    if (failure_.empty()) failure_ = std::move(what);
  }

  static bool same(const std::vector<BlockId>& actual, const NaiveKvCache::Ids& expected) {
    return std::ranges::equal(actual, expected, {}, &BlockId::index);
  }

  std::size_t block_size_;
  kv::SingleTierCache cache_;
  absl::flat_hash_set<request::BlockKey> view_;
  NaiveKvCache naive_;
  Choose choose_;
  bool ended_ = false;
  std::uint32_t next_id_ = 0;
  std::unique_ptr<KvRequest> requests_[kSlots];
  NaiveKvCache::Ids stale_;
  std::string failure_;
};

}  // namespace blis::testing
