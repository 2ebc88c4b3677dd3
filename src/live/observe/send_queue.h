// What is to be sent next: the workload's own requests and the follow-ups of sessions, in the order
// of their planned times. SOURCE spec traces 8.4.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "request/request.h"
#include "request/request_source.h"
#include "workload/token_fold.h"

namespace blis::live {

/// A request with its finished body: nothing is left to compute when its time comes.
struct PlannedSend {
  request::RequestSpec spec;
  std::string body;
};

/// Catches the tokens of each request in the moment in which generation hands it out.
class TokenCapture final : public workload::TokenObserver {
 public:
  void on_request(const request::RequestSpec& /*request*/, const workload::TokenDigest& input,
                  const workload::TokenDigest& /*output*/) override {
    tokens_ = input.tokens;
  }
  /// Of the request that was handed out last.
  std::span<const std::int32_t> tokens() const { return tokens_; }

 private:
  std::vector<std::int32_t> tokens_;
};

/// The reference sleeps until the next generated request, and follow-ups that fall due meanwhile
/// are late; here the earliest goes first, whoever made it. Of equal times follow-ups go first, as
/// there.
class SendQueue {
 public:
  /// Makes the body of a request whose tokens are with the TokenCapture.
  using MakeBody = std::function<std::string(const request::RequestSpec&)>;

  /// `source` outlives the queue.
  SendQueue(request::RequestSource& source, MakeBody make_body);

  /// Planned time of the next request, µs of the run; nullopt if there is none (yet). COST the
  /// first call after a take() generates one request.
  std::optional<std::int64_t> next_time_us();
  /// REQUIRES next_time_us() has a value.
  PlannedSend take();
  void add_follow_up(request::RequestSpec spec);
  /// Forgets what was not taken; there will be nothing more.
  void close();

 private:
  struct FollowUp {
    std::int64_t time_us = 0;
    std::int64_t number = 0;  ///< breaks ties: first come, first served
    PlannedSend send;
  };
  struct Later {
    bool operator()(const FollowUp& a, const FollowUp& b) const {
      return a.time_us != b.time_us ? a.time_us > b.time_us : a.number > b.number;
    }
  };

  void look_ahead();
  bool follow_up_is_next() const;

  request::RequestSource& source_;
  MakeBody make_body_;
  std::optional<PlannedSend> ahead_;  ///< the source's next request
  std::vector<FollowUp> follow_ups_;  ///< a heap
  std::int64_t follow_ups_added_ = 0;
  bool source_is_dry_ = false;
};

}  // namespace blis::live
