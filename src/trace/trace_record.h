// One row of a trace. SOURCE spec traces 3.
#pragma once

#include <cstdint>
#include <string>

namespace blis::trace {

/// Times are in microseconds. Where arrival counts from the start of the workload, a real trace's
/// other times count from the Unix epoch [BUG of the format, spec traces 13: reproduced].
struct TraceRecord {
  std::int64_t request_id = 0;
  std::string client_id{};
  std::string tenant_id{};
  std::string slo_class{};
  std::int64_t vllm_priority = 0;
  std::string session_id{};  ///< "" = none
  std::int64_t round_index = 0;
  std::string prefix_group{};
  std::int64_t prefix_length = 0;  ///< tokens shared within the group
  bool streaming = false;
  std::int64_t input_tokens = 0;  ///< without the shared prefix
  std::int64_t output_tokens = 0;
  std::int64_t text_tokens = 0;
  std::int64_t image_tokens = 0;
  std::int64_t audio_tokens = 0;
  std::int64_t video_tokens = 0;
  double reason_ratio = 0;
  std::string model{};
  std::int64_t deadline_us = 0;          ///< absolute, same origin as arrival; 0 = none
  std::int64_t slo_target_us = 0;        ///< TTFT target of its own; 0 = none
  std::int64_t server_input_tokens = 0;  ///< as the server counted; 0 = unknown
  std::int64_t arrival_time_us = 0;
  std::int64_t send_time_us = 0;
  std::int64_t first_chunk_time_us = 0;  ///< 0 = no token
  std::int64_t last_chunk_time_us = 0;   ///< 0 = no token
  std::int64_t num_chunks = 0;
  std::string status{};  ///< `ok`, `timeout`, `incomplete`, `error`
  std::string error_message{};
  std::string finish_reason{};
  std::string x_request_id{};
  std::string adapter{};
  std::int64_t think_time_us = 0;  ///< before this round; 0 = not recorded

  /// When a replay injects it.
  std::int64_t injection_time_us() const {
    return send_time_us > 0 ? send_time_us : arrival_time_us;
  }

  friend bool operator==(const TraceRecord&, const TraceRecord&) = default;
};

}  // namespace blis::trace
