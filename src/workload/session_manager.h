// Closed-loop sessions: whoever waits for an answer, thinks, and asks again.
//
// Each session has at most one outstanding request. When it ends, the manager decides whether the
// session goes on and makes the next round: active -> completed | cancelled | budget exhausted |
// interrupted by the horizon, and nothing after that. SOURCE spec workload 13.4, traces 7.6. Laws:
// spec workload 22 items 10-13.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "random/random_stream.h"
#include "request/private_blocks.h"
#include "request/request_source.h"
#include "workload/length_sampler.h"
#include "workload/token_fold.h"

namespace blis::workload {

/// A stream that costs its 4.9 KB and its seeding only from the first use on.
class LazyStream {
 public:
  explicit LazyStream(std::int64_t seed) : seed_(seed) {}
  /// Continues an existing stream.
  explicit LazyStream(random::RandomStream stream)
      : stream_(std::make_unique<random::RandomStream>(std::move(stream))) {}

  random::RandomStream& get() {
    if (!stream_) stream_ = std::make_unique<random::RandomStream>(seed_);
    return *stream_;
  }
  void release() { stream_.reset(); }

 private:
  std::int64_t seed_ = 0;
  std::unique_ptr<random::RandomStream> stream_;
};

/// A shared prefix with its tokens, because a session may need only its head.
struct PrefixTokens {
  std::vector<std::int32_t> tokens;
  TokenFold fold;  ///< of all of them
  /// Of requests whose other tokens are like nobody's; nullptr if the prefix ends so close to the
  /// end of a block that the rest of that block is not.
  std::shared_ptr<const request::TokenKeys> private_keys;

  PrefixTokens(std::vector<std::int32_t> prefix, std::int64_t block_size, bool observed)
      : tokens(std::move(prefix)), fold(block_size, observed) {
    fold.append(tokens);
    if (request::may_end_in_private_blocks(fold.chain())) {
      private_keys = request::make_private_keys(fold.chain());
    }
  }
};

/// What all sessions of one client have in common.
struct SessionProfile {
  Symbol client = SymbolTable::empty();
  Symbol tenant = SymbolTable::empty();
  Symbol slo_class = SymbolTable::empty();
  Symbol model = SymbolTable::empty();
  Symbol adapter = SymbolTable::empty();
  Micros slo_target;
  std::optional<std::int64_t> timeout_us;  ///< unset: 300 s; 0: no deadline
  std::int64_t max_rounds = 0;             ///< >= 1 unless unlimited
  bool unlimited_rounds = false;
  bool accumulates = false;  ///< each round's input contains all earlier rounds
  std::int64_t think_time_us = 0;
  std::shared_ptr<LengthSampler> think_time;  ///< if set, replaces the constant
  Micros horizon = Micros::max();             ///< a follow-up may arrive at it, not later
  std::shared_ptr<LengthSampler> input_length;
  std::shared_ptr<LengthSampler> output_length;
  std::shared_ptr<const PrefixTokens> prefix;  ///< nullptr: none
};

/// One session that has not begun, apart from its round 0, which the source emits.
struct SessionBlueprint {
  Symbol session;
  std::shared_ptr<const SessionProfile> profile;
  LazyStream stream;

  /// Only for accumulating sessions: round 0's input with its prefix, as the next round continues
  /// it, and round 0's output.
  std::optional<TokenFold> context;
  std::vector<std::int32_t> first_output;
};

/// SOURCE spec workload 13.4. One per run; not thread-safe.
class SessionManager final : public request::SessionListener {
 public:
  struct Options {
    std::int64_t block_size = 16;
    std::optional<std::int64_t>
        follow_up_budget;  ///< unset: no cap. First come, first served over all sessions.
    TokenObserver* observer = nullptr;
  };

  /// Of several blueprints of one session the last one counts. `symbols` and `diagnostics` outlive
  /// the manager.
  SessionManager(std::vector<SessionBlueprint> blueprints, Options options,
                 const SymbolTable& symbols, Diagnostics& diagnostics);

  std::optional<request::RequestSpec> on_terminal(const request::RequestSpec& request,
                                                  request::TerminalOutcome outcome,
                                                  std::int64_t progress, Micros at) override;

  /// Says what the outstanding request of `session` really answered, before on_terminal: where
  /// somebody else than the simulator answers, an accumulating session goes on with that instead of
  /// the output it drew. SOURCE spec traces 8.4.
  void replace_output(Symbol session, std::vector<std::int32_t> output);

  std::size_t session_count() const { return sessions_.size(); }

 private:
  enum class State : std::uint8_t {
    kActive,
    kCompleted,
    kCancelled,
    kBudgetExhausted,
    kInterrupted
  };
  struct Session {
    SessionBlueprint blueprint;
    State state = State::kActive;
    std::int64_t round = 0;
    std::vector<std::int32_t>
        last_output;  ///< of the outstanding request; accumulating sessions only
  };

  Session* find(Symbol session);
  /// Brings the context of an accumulating session up to date with what `request` produced; false
  /// cancels the session.
  bool extend_context(Session& session, const request::RequestSpec& request, std::int64_t produced);
  void end(Session& session, State state);

  std::vector<Session> sessions_;
  std::vector<std::int32_t> index_of_symbol_;  ///< -1: not a session; symbols are dense
  Options options_;
  const SymbolTable& symbols_;
  Diagnostics& diagnostics_;
  std::int64_t follow_ups_ = 0;  ///< also numbers them
  std::vector<std::int32_t> input_scratch_;
  std::vector<std::int32_t> output_scratch_;
};

}  // namespace blis::workload
