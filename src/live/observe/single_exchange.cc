#include "live/observe/single_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "live/observe/prompt_text.h"

namespace blis::live {
namespace {

constexpr std::chrono::milliseconds kCalibrationTimeout{30'000};
constexpr std::size_t kPrewarmClients = 4;
constexpr std::int64_t kPrewarmOutputTokens = 64;
constexpr int kPrewarmWords = 256;
constexpr std::chrono::milliseconds kPauseAfterFailure{500};
constexpr std::size_t kLongestScrapeBytes = 64 * 1024 * 1024;

/// Lets the client work until `until`, or something happens.
void turn(const Session& session, Clock::time_point until) {
  session.loop.wait(std::min(until, session.client.next_time()));
  session.client.on_time();
}

/// The text of one answer.
class WholeAnswer final : public HttpListener {
 public:
  bool on_body(int /*http_status*/, std::string_view bytes) override {
    text += bytes;
    return text.size() <= kLongestScrapeBytes;
  }
  void on_end(const TransferEnd& how) override {
    end = how;
    is_over = true;
  }

  std::string text;
  TransferEnd end;
  bool is_over = false;
};

void perform(const Session& session, const ClientRequest& request, WholeAnswer& answer) {
  session.client.start(request, answer);
  while (!answer.is_over) {
    if (session.signals.interrupted()) session.client.interrupt();
    if (!answer.is_over) turn(session, Clock::time_point::max());
  }
}

/// A whole, plain answer of a request that is not part of the load.
class PlainExchange final : public HttpListener {
 public:
  bool on_body(int http_status, std::string_view bytes) override {
    return exchange_.on_body(http_status, bytes, 0);
  }
  void on_end(const TransferEnd& end) override {
    result = exchange_.finish(end, 0);
    is_over = true;
  }

  ExchangeResult result;
  bool is_over = false;

 private:
  Exchange exchange_{ExchangeOptions{}, 0};
};

std::string plain_body(const Target& target, std::string_view prompt, std::int64_t output_tokens) {
  return request_body(target.format, {.model = target.model,
                                      .prompt = prompt,
                                      .output_tokens = output_tokens,
                                      .priority = std::nullopt});
}

ClientRequest plain_request(const Target& target, const std::string& body) {
  const std::string id = random_request_id();
  return target.completion_request(body, {.request_id = id});
}

/// One of the clients that warm the server up.
struct PrewarmClient {
  std::optional<PlainExchange> exchange;
  Clock::time_point next_start = Clock::time_point::min();
};

}  // namespace

double measure_tokens_per_word(const Session& session, const Target& target,
                               Diagnostics& diagnostics) {
  ClientRequest request = plain_request(target, plain_body(target, calibration_prompt(), 1));
  request.timeout = kCalibrationTimeout;
  PlainExchange exchange;
  session.client.start(request, exchange);
  while (!exchange.is_over) {
    if (session.signals.interrupted()) session.client.interrupt();
    if (!exchange.is_over) turn(session, Clock::time_point::max());
  }
  const ExchangeResult& result = exchange.result;
  constexpr std::string_view kUnknown =
      "cannot learn from the server how many tokens a word is; prompts take 1 per word";
  if (result.status != ExchangeStatus::kOk) {
    diagnostics.warn(kUnknown, result.error_message);
  } else if (result.prompt_tokens <= 0) {
    diagnostics.warn(kUnknown, "its answer has no usage.prompt_tokens");
  } else if (result.prompt_tokens < 100 || result.prompt_tokens > 300) {
    diagnostics.warn(kUnknown, fmt::format("it counts {} tokens in 100 words; 100 to 300 are "
                                           "plausible",
                                           result.prompt_tokens));
  } else {
    return tokens_per_word(result.prompt_tokens);
  }
  return 1;
}

void prewarm(const Session& session, const Target& target, Clock::duration duration,
             Diagnostics& diagnostics) {
  std::string prompt;
  for (int i = 0; i < kPrewarmWords; ++i) prompt += "warm ";
  const std::string body = plain_body(target, prompt, kPrewarmOutputTokens);
  const Clock::time_point end = Clock::now() + duration;
  std::array<PrewarmClient, kPrewarmClients> clients;
  for (;;) {
    if (session.signals.interrupted()) session.client.interrupt();
    bool busy = false;
    Clock::time_point wake = Clock::time_point::max();
    for (PrewarmClient& client : clients) {
      if (client.exchange && client.exchange->is_over) {
        const ExchangeResult& result = client.exchange->result;
        if (result.status != ExchangeStatus::kOk && !session.signals.interrupted()) {
          diagnostics.warn("requests of the prewarming failed", result.error_message);
          client.next_start = Clock::now() + kPauseAfterFailure;
        }
        client.exchange.reset();
      }
      const Clock::time_point now = Clock::now();
      if (!client.exchange && now < end && !session.signals.interrupted()) {
        if (now >= client.next_start) {
          client.exchange.emplace();
          session.client.start(plain_request(target, body), *client.exchange);
        } else {
          wake = std::min({wake, client.next_start, end});
          busy = true;
        }
      }
      busy |= client.exchange.has_value();
    }
    if (!busy) return;
    turn(session, wake);
  }
}

std::optional<MetricSums> scrape(const Session& session, const Target& target,
                                 const std::string& url, Diagnostics& diagnostics) {
  WholeAnswer answer;
  perform(session, target.get_request(url), answer);
  if (answer.end.kind != TransferEnd::Kind::kDone) {
    diagnostics.warn("cannot scrape the server's metrics; no hit rate is recorded",
                     fmt::format("{}: {}", url, answer.end.message));
    return std::nullopt;
  }
  if (answer.end.http_status != 200) {
    diagnostics.warn("cannot scrape the server's metrics; no hit rate is recorded",
                     fmt::format("{}: HTTP {}", url, answer.end.http_status));
    return std::nullopt;
  }
  return parse_prometheus_text(answer.text);
}

}  // namespace blis::live
