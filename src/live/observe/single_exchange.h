// Requests beside the load: counting tokens, warming the server up, scraping its metrics.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "live/observe/event_loop.h"
#include "live/observe/http_client.h"
#include "live/observe/kv_metrics.h"
#include "live/observe/signal_watch.h"
#include "live/observe/target.h"

namespace blis::live {

/// What these need: the loop that everything waits on.
struct Session {
  EventLoop& loop;
  HttpClient& client;
  const SignalWatch& signals;
};

/// Asks the server how many tokens 100 words are; 1 per word, with a warning, if it does not say.
/// SOURCE spec traces 8.1 item 2.
double measure_tokens_per_word(const Session& session, const Target& target,
                               Diagnostics& diagnostics);

/// Four clients, each asking for 64 tokens again and again for `duration`; what is under way then
/// is finished. SOURCE spec traces 8.4, last paragraph.
void prewarm(const Session& session, const Target& target, Clock::duration duration,
             Diagnostics& diagnostics);

/// Scrapes `url`; nullopt with a warning if that fails.
std::optional<MetricSums> scrape(const Session& session, const Target& target,
                                 const std::string& url, Diagnostics& diagnostics);

}  // namespace blis::live
