// Sessions of a trace as closed loops: the first round of each is a request, the others wait for
// the one before. SOURCE spec traces 7.3.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/micros.h"
#include "random/random_stream.h"
#include "request/request.h"
#include "trace/replay_rows.h"
#include "trace/token_drawing.h"
#include "workload/session_manager.h"

namespace blis::trace {

/// Indices of the rows of one session, ascending by round.
using SessionRows = std::vector<std::size_t>;

struct RowsBySession {
  std::vector<SessionRows> sessions;   ///< in order of first appearance
  std::vector<std::size_t> set_aside;  ///< rows without a session, in file order
};

/// THROWS DataError naming `file`, the session and the line if the rounds of a session are not
/// exactly 0, 1, …, n-1.
RowsBySession group_by_session(const std::vector<ReplayRow>& rows, const std::string& file,
                               const SymbolTable& symbols);

struct ClosedLoopSettings {
  bool accumulates = false;
  Micros horizon;                                       ///< follow-ups arrive at it or before
  std::shared_ptr<workload::LengthSampler> think_time;  ///< nullptr: from the trace
};

struct OpenedSession {
  request::RequestSpec first_round;
  workload::SessionBlueprint blueprint;
};

/// Draws the session's seed from `stream` and its first round from that seed.
OpenedSession open_session(const std::vector<ReplayRow>& rows, const SessionRows& session,
                           const ClosedLoopSettings& settings, const PrefixTable& prefixes,
                           random::RandomStream& stream, TokenDrawing& drawing);

}  // namespace blis::trace
