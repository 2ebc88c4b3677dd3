// All requests of one run, the living ones whole and, where nobody needs more, the others as short
// records.
//
// A run of ten million requests has a few thousand of them under way at a time. What the summary of
// a run says of a finished request fits into 48 bytes; the row that the engine worked on is then
// used for the next request; a session and its round take 8 more. What does not fit (a follow-up's
// name, a wait at the gateway, a number beyond 32 bits) stays whole.
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
  RequestId add(RequestSpec spec);
  /// REQUIRES  !is_retired(id)
  Request& operator[](RequestId id) { return row(places_[id.index()]); }
  const Request& operator[](RequestId id) const { return row(places_[id.index()]); }
  /// Number of requests ever added.
  std::size_t size() const { return places_.size(); }

  /// The request has come to its end, and nobody will ask for more than restore() gives. Does
  /// nothing if it does not fit into a record.
  void retire(RequestId id);
  bool is_retired(RequestId id) const { return (places_[id.index()] & kRetired) != 0; }
  /// How a request stands, whether it is retired or not.
  RequestState state(RequestId id) const;
  /// Its name, whether it is retired or not.
  RequestName name(RequestId id) const;
  /// Overwrites `request` with what is known of the request: of a retired one its name, arrival,
  /// lengths, sender, session and class, how it ended, its instance and its latencies; nothing
  /// else.
  void restore(RequestId id, Request& request) const;

 private:
  static constexpr std::uint32_t kRetired = std::uint32_t{1} << 31;
  static constexpr std::size_t kChunkRows = 64;

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
  struct SessionRound {
    Symbol session = SymbolTable::empty();
    std::int32_t round = 0;
  };

  using Chunk = std::array<Request, kChunkRows>;

  Request& row(std::uint32_t place) { return (*chunks_[place / kChunkRows])[place % kChunkRows]; }
  const Request& row(std::uint32_t place) const {
    return (*chunks_[place / kChunkRows])[place % kChunkRows];
  }
  static bool fits(const Request& request);
  std::uint32_t index_of(const Labels& labels);

  std::vector<std::uint32_t> places_;  // by id: its row, or kRetired and its record
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> unused_rows_;
  std::deque<Record> records_;
  std::deque<SessionRound> session_rounds_;  // by record, up to the last one of a session
  std::vector<Labels> labels_;
  std::map<Labels, std::uint32_t> label_index_;
  std::uint32_t last_labels_ = 0;
};

}  // namespace blis::request
