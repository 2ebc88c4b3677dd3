// All requests of one run, the living ones whole and, where nobody needs more, the others as short
// records or not at all.
//
// A run of ten million requests has a few thousand of them under way at a time. What the summary of
// a run says of a finished request fits into 48 bytes; the row that the engine worked on is then
// used for the next request. What does not fit (a session, a wait at the gateway, a number beyond
// 32 bits) stays whole. A server that runs for weeks is never asked for a summary: it forgets
// finished requests, and the memory is that of the requests under way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "request/request.h"

namespace blis::request {

/// By dense id. References stay valid while the table grows, until the request is retired.
class RequestTable {
 public:
  /// `first_id`: of the first request. Ids go round (see forget()), which tests cannot wait for.
  explicit RequestTable(std::uint32_t first_id = 0) : first_id_(first_id) {}

  RequestId add(RequestSpec spec);
  /// REQUIRES  !is_retired(id)
  Request& operator[](RequestId id) { return row(places_[offset(id)]); }
  const Request& operator[](RequestId id) const { return row(places_[offset(id)]); }
  /// Number of requests ever added. REQUIRES  none was forgotten.
  std::size_t size() const { return places_.size(); }

  /// The request has come to its end, and nobody will ask for more than restore() gives. Does
  /// nothing if it does not fit into a record.
  void retire(RequestId id);
  /// The request has come to its end, and nobody will ask for it again: what is left is that it is
  /// retired. Ids go round after 2^32 requests; by then whoever still had this one is gone, too.
  /// COST  O(1), amortised.
  void forget(RequestId id);
  /// Forgotten ones included.
  bool is_retired(RequestId id) const {
    return offset(id) >= places_.size() || (places_[offset(id)] & kRetired) != 0;
  }
  /// How a request stands, whether it is retired or not; a forgotten one is completed.
  RequestState state(RequestId id) const;
  /// What takes room: rows and entries by id, those that can be used again included.
  struct Room {
    std::size_t rows = 0;
    std::size_t ids = 0;
    std::size_t records = 0;
  };
  Room room() const { return {rows_, places_.size(), records_.size()}; }
  /// Overwrites `request` with what is known of the request: of a retired one its name, arrival,
  /// lengths, sender and class, how it ended, its instance and its latencies; nothing else.
  /// REQUIRES  it was not forgotten.
  void restore(RequestId id, Request& request) const;

 private:
  static constexpr std::uint32_t kRetired = std::uint32_t{1} << 31;
  static constexpr std::uint32_t kForgotten = 0xffff'ffff;  // has kRetired
  static constexpr std::size_t kChunkRows = 64;
  static constexpr std::size_t kLeastDropped = 1024;  // entries of places_ at a time

  /// Who sent it and how it is labelled: the same for many requests.
  struct Labels {
    Symbol client, tenant, slo_class, model, adapter, prefix_group;
    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  struct Record {
    Micros arrival;
    double itl_mean_us = 0;
    std::uint32_t ttft_us = 0;
    std::uint32_t e2e_us = 0;
    std::uint32_t scheduling_delay_us = 0;
    std::uint32_t number = 0;
    std::uint32_t input_tokens = 0;
    std::uint32_t output_tokens = 0;
    std::uint32_t labels = 0;  // index into labels_
    std::uint32_t instance : 24 = 0;
    std::uint32_t has_ttft : 1 = 0;
    std::uint32_t has_e2e : 1 = 0;
    std::uint32_t has_itl_mean : 1 = 0;
    std::uint32_t has_scheduling_delay : 1 = 0;
    std::uint32_t registered : 1 = 0;
    std::uint32_t length_capped : 1 = 0;
    std::uint32_t timed_out : 1 = 0;
  };
  static_assert(sizeof(Record) == 48);

  using Chunk = std::array<Request, kChunkRows>;

  Request& row(std::uint32_t place) { return (*chunks_[place / kChunkRows])[place % kChunkRows]; }
  const Request& row(std::uint32_t place) const {
    return (*chunks_[place / kChunkRows])[place % kChunkRows];
  }
  // Into places_; beyond its end for those before first_id_.
  std::uint32_t offset(RequestId id) const { return id.value() - first_id_; }
  static bool fits(const Request& request);
  void drop_forgotten_front();
  std::uint32_t index_of(const Labels& labels);

  std::vector<std::uint32_t> places_;  // by id: its row, kRetired and its record, or kForgotten
  std::uint32_t first_id_;             // of places_; all before it are forgotten
  std::size_t forgotten_front_ = 0;    // entries of places_ that are known to be forgotten
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> unused_rows_;
  std::deque<Record> records_;
  std::vector<Labels> labels_;
  std::map<Labels, std::uint32_t> label_index_;
  std::uint32_t last_labels_ = 0;
};

}  // namespace blis::request
