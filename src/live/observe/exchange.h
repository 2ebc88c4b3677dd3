// One request and its answer, as measured. Knows the protocol and no network: it is told what came
// in and when. SOURCE spec traces 8.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/observe/sse_parser.h"

namespace blis::live {

enum class ExchangeStatus : std::uint8_t { kOk, kError, kTimeout };

/// As the `status` column of a trace has it.
std::string_view status_text(ExchangeStatus status);

/// What was measured. Times in microseconds of the run's clock; 0 = did not happen.
struct ExchangeResult {
  ExchangeStatus status = ExchangeStatus::kOk;
  std::string error_message{};
  std::int64_t send_us = 0;
  std::int64_t first_chunk_us = 0;
  std::int64_t last_chunk_us = 0;
  std::int64_t num_chunks = 0;
  std::vector<std::int64_t> chunk_times_us{};  ///< of streams, if asked for
  bool has_usage = false;
  std::int64_t prompt_tokens = 0;      ///< as the server counted; 0 = unknown
  std::int64_t completion_tokens = 0;  ///< likewise
  std::string finish_reason{};
};

/// How the transfer of an answer ended, whatever was in it.
struct TransferEnd {
  enum class Kind : std::uint8_t { kDone, kTimeout, kInterrupted, kFailed };
  Kind kind = Kind::kDone;
  int http_status = 0;    ///< 0: no answer began
  std::string message{};  ///< why, if it failed
};

struct ExchangeOptions {
  bool streaming = false;
  bool keep_chunk_times = false;
  bool content_chunks_only = false;  ///< frames without text (role, finish, usage) are no chunks
};

class Exchange {
 public:
  Exchange(const ExchangeOptions& options, std::int64_t send_us);

  /// Part of the body came in. False: there is no use in reading on.
  bool on_body(int http_status, std::string_view bytes, std::int64_t now_us);
  /// The transfer is over. Call once, last.
  ExchangeResult finish(const TransferEnd& end, std::int64_t now_us);

 private:
  void on_payload(std::string_view payload, std::int64_t now_us);
  void finish_stream(std::int64_t now_us);
  void finish_whole(std::int64_t now_us);
  void fail(ExchangeStatus status, std::string message);
  void drop_times();

  ExchangeOptions options_;
  ExchangeResult result_;
  SseParser sse_;
  std::string body_;  ///< of whole answers and of errors
  std::string protocol_error_;
  std::string server_error_;
  bool done_ = false;  ///< `[DONE]` was seen
};

}  // namespace blis::live
