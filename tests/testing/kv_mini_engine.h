// The self-contained engine that drives a cache through the conformance runs of spec kv-cache 13.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "kv/cpu_tier.h"
#include "kv/kv_store.h"
#include "kv/single_tier_cache.h"
#include "random/random_stream.h"
#include "testing/kv_requests.h"

namespace blis::testing {

class KvMiniEngine {
 public:
  /// `gpu` is the GPU tier of `cache`, or `cache` itself. `cpu` is given for an offload chain: the
  /// published digests of those runs hold the blocks in its CPU tier at the end of the step where
  /// the others hold the used GPU blocks.
  KvMiniEngine(kv::KvStore& cache, const kv::SingleTierCache& gpu, std::uint64_t seed,
               const kv::CpuTier* cpu = nullptr)
      : cache_(cache), gpu_(gpu), cpu_(cpu), random_state_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  std::string digest() const { return fmt::format("{:016x}", digest_); }
  std::int64_t requests_created() const { return created_; }
  std::int64_t preemptions() const { return preemptions_; }
  std::int64_t transfer_latency() const { return transfer_latency_; }

 private:
  struct Request {
    Request(std::uint32_t id, std::int64_t block_size, Tokens input, Tokens output)
        : kv(id, block_size, std::move(input), std::move(output)) {}
    KvRequest kv;
    bool is_decode_sub_request = false;
    std::int64_t new_tokens = 0;
    std::int64_t computed = 0;
    std::int64_t input_tokens() const { return kv.client().input_tokens; }
    std::int64_t output_tokens() const { return kv.client().output_tokens; }
  };
  using RequestPtr = std::shared_ptr<Request>;

  static constexpr std::int64_t kBudget = 24;
  static constexpr std::size_t kMaxRunning = 6;

  std::uint32_t draw(std::uint32_t n) {
    random_state_ = random_state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((random_state_ >> 33) % n);
  }

  Tokens draw_binary_tokens(std::uint32_t count) {
    Tokens tokens;
    for (std::uint32_t i = 0; i < count; ++i) {
      tokens.push_back(static_cast<std::int32_t>(1000 + draw(2)));
    }
    return tokens;
  }

  bool allocate(const Request& r, std::int64_t start, std::int64_t end,
                std::span<const BlockId> cached = {}) {
    return cache_.allocate(r.kv.client(), start, end, cached);
  }

  void step() {
    ++step_;
    clock_ += 1 + draw(400);
    const std::uint32_t arrivals = draw(3);
    for (std::uint32_t i = 0; i < arrivals; ++i) arrive();
    cache_.set_clock(Micros(clock_));
    budget_ = kBudget;
    preempted_any_ = false;
    serve_running();
    std::vector<RequestId> deferred;
    if (cache_.supports_deferral()) cache_.poll_deferred(Micros(clock_), deferred);
    admit(deferred);
    transfer_latency_ += cache_.consume_transfer_latency().count();
    for (const RequestPtr& r : running_) {
      if (r->kv.progress() < r->input_tokens()) {
        r->kv.set_progress(r->computed);
      } else if (r->new_tokens > 0) {
        r->kv.set_progress(r->kv.progress() + 1);
      }
    }
    const std::int64_t used = cache_.used_blocks();
    std::vector<kv::KvClient> batch;
    for (const RequestPtr& r : running_) batch.push_back(r->kv.client());
    cache_.mirror(batch);
    const std::int64_t failures = complete();
    digest_line(cpu_ == nullptr ? used : cpu_->used(), failures);
  }

  void arrive() {
    const auto prefix = static_cast<std::int32_t>(draw(6));
    const std::uint32_t prefix_tokens = draw(13);
    const std::uint32_t suffix_tokens = 1 + draw(9);
    const std::uint32_t output_tokens = 1 + draw(9);
    const Tokens input =
        concat(token_run(100 * (prefix + 1), prefix_tokens), draw_binary_tokens(suffix_tokens));
    const auto r =
        std::make_shared<Request>(static_cast<std::uint32_t>(created_++), cache_.block_size(),
                                  input, draw_binary_tokens(output_tokens));
    if (draw(10) == 0) {
      r->is_decode_sub_request = true;
      r->kv.set_decode_sub_request();
      if (!allocate(*r, 0, r->input_tokens())) return;
      r->kv.set_progress(r->input_tokens());
    }
    waiting_.push_back(r);
  }

  void serve_running() {
    for (const RequestPtr& r : running_) r->new_tokens = 0;
    for (std::size_t i = 0; i < running_.size() && budget_ > 0; ++i) {
      const RequestPtr r = running_[i];
      const std::int64_t missing = r->input_tokens() - r->kv.progress();
      const std::int64_t n = missing > 0 ? std::min(missing, budget_) : 1;
      if (!make_room(r, n)) return;
      budget_ -= n;
      r->new_tokens = n;
      r->computed += n;
    }
  }

  bool make_room(const RequestPtr& r, std::int64_t n) {
    while (!allocate(*r, r->kv.progress(), r->kv.progress() + n)) {
      if (running_.empty()) return false;
      preempted_any_ = true;
      ++preemptions_;
      const RequestPtr victim = running_.back();
      running_.pop_back();
      budget_ += victim->new_tokens;
      victim->new_tokens = 0;
      victim->kv.set_progress(0);
      victim->computed = 0;
      cache_.release(victim->kv.id());
      waiting_.push_front(victim);
      if (victim == r) return false;
    }
    return true;
  }

  void admit(const std::vector<RequestId>& deferred) {
    std::size_t cursor = 0;
    std::vector<BlockId> cached;
    while (running_.size() < kMaxRunning && waiting_.size() > cursor && budget_ > 0 &&
           !preempted_any_) {
      const RequestPtr r = waiting_[cursor];
      if (std::ranges::find(deferred, r->kv.id()) != deferred.end()) {
        ++cursor;
        continue;
      }
      std::int64_t start = r->kv.progress();
      std::int64_t n = 1;
      cached.clear();
      if (!r->is_decode_sub_request) {
        cache_.match(r->kv.client().input_keys(), cached);
        start = std::ssize(cached) * cache_.block_size();
        n = std::min(r->input_tokens() - start, budget_);
      }
      if (!allocate(*r, start, start + n, cached)) {
        if (r->is_decode_sub_request || !cache_.is_deferred(r->kv.id())) return;
        ++cursor;
        continue;
      }
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(cursor));
      running_.push_back(r);
      budget_ -= n;
      r->new_tokens = n;
      r->computed = start + n;
    }
  }

  std::int64_t complete() {
    std::int64_t failures = 0;
    std::vector<RequestPtr> survivors;
    for (const RequestPtr& r : running_) {
      const std::int64_t total = r->input_tokens() + r->output_tokens();
      const std::int64_t progress = r->kv.progress();
      if (progress < total - 1) {
        survivors.push_back(r);
        continue;
      }
      if (progress < total && !allocate(*r, progress, progress + 1)) ++failures;
      cache_.release(r->kv.id());
    }
    running_ = std::move(survivors);
    return failures;
  }

  void digest_line(std::int64_t used, std::int64_t failures) {
    std::vector<std::uint32_t> free;
    for (const BlockId block : gpu_.pool().free_list()) free.push_back(block.value());
    const std::string line =
        fmt::format("{} {} {} {} {} {} {} {} {}\n", step_, clock_, used, gpu_.hits(), gpu_.misses(),
                    waiting_.size(), preemptions_, failures, fmt::join(free, ","));
    for (const char c : line) {
      digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
  }

  kv::KvStore& cache_;
  const kv::SingleTierCache& gpu_;
  const kv::CpuTier* cpu_;
  std::uint64_t random_state_;
  std::int64_t step_ = 0;
  std::int64_t clock_ = 0;
  std::int64_t budget_ = 0;
  bool preempted_any_ = false;
  std::int64_t created_ = 0;
  std::int64_t preemptions_ = 0;
  std::int64_t transfer_latency_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
  std::deque<RequestPtr> waiting_;
  std::vector<RequestPtr> running_;
};

}  // namespace blis::testing
