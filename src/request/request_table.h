// All requests of one run, the living ones whole and, where nobody needs more, the others as short
// records or not at all.
//
// A run of fifty million requests has a few thousand of them under way at a time. What the summary
// of a run says of a finished request fits into 28 bytes; the row that the engine worked on is then
// used for the next request. Some facts have a place of their own, made when the first request
// needs it: a session and its round, a number that is not the id, a mean ITL that does not follow
// from the latencies. What does not fit (a follow-up's name, a wait at the gateway, a number beyond
// its bits) stays whole. A server that runs for weeks is never asked for a summary: it forgets
// finished requests, and the memory is that of the requests under way.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "request/request.h"

namespace blis::request {

/// By dense id. References stay valid while the table grows, until the request is retired.
class RequestTable {
 public:
  /// `first_id`: of the first request. Ids go round (see forget()), which tests cannot wait for.
  /// REQUIRES  it is a multiple of 1024.
  explicit RequestTable(std::uint32_t first_id = 0)
      : next_id_(first_id), first_page_(first_id / kPageIds) {}

  RequestId add(RequestSpec spec);
  /// REQUIRES  !is_retired(id)
  Request& operator[](RequestId id) { return *(*page_of(id).rows)[place_of(id)]; }
  const Request& operator[](RequestId id) const { return *(*page_of(id).rows)[place_of(id)]; }
  /// Number of requests ever added. REQUIRES  none was forgotten; ids began at 0.
  std::size_t size() const { return next_id_; }

  /// The request has come to its end, and nobody will ask for more than restore() gives. Does
  /// nothing if it does not fit into a record.
  void retire(RequestId id);
  /// The request has come to its end, and nobody will ask for it again: what is left is that it is
  /// retired. Ids go round after 2^32 requests; by then whoever still had this one is gone, too.
  /// REQUIRES  a table either retires requests or forgets them. COST  O(1), and now and then
  /// O(ids since the oldest request under way / 1024).
  void forget(RequestId id);
  /// Forgotten ones included.
  bool is_retired(RequestId id) const {
    if (page_index(id) >= pages_.size()) return true;
    const Page& page = page_of(id);
    return page.rows == nullptr || (*page.rows)[place_of(id)] == nullptr;
  }
  /// How a request stands, whether it is retired or not; a forgotten one is completed.
  RequestState state(RequestId id) const;
  /// Its name, whether it is retired or not. REQUIRES  it was not forgotten.
  RequestName name(RequestId id) const;
  /// Overwrites `request` with what is known of the request: of a retired one its name, arrival,
  /// lengths, sender, session and class, how it ended, its instance and its latencies; nothing
  /// else. REQUIRES  it was not forgotten.
  void restore(RequestId id, Request& request) const;

  /// How many things there is room for, whether they are in use or not. COST  O(ids / 1024).
  struct Room {
    std::size_t rows = 0;
    std::size_t ids = 0;
    std::size_t records = 0;
  };
  Room room() const;

 private:
  static constexpr std::uint32_t kPageIds = 1024;
  static constexpr std::uint32_t kLastPage = 0xffff'ffff / kPageIds;
  static constexpr std::size_t kMostPages = kLastPage;  // so that no id stands for two requests
  static constexpr std::size_t kChunkRows = 64;

  /// Who sent it and how it is labelled: the same for many requests.
  struct Labels {
    Symbol client, tenant, slo_class, model, adapter, prefix_group;
    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  /// Times in ticks.
  struct Record {
    std::uint32_t ttft = 0;
    std::uint32_t e2e = 0;
    std::uint32_t scheduling_delay = 0;
    std::uint32_t arrival_low = 0;
    std::uint32_t arrival_high : 12 = 0;  // together 203 days
    std::uint32_t output_tokens : 20 = 0;
    std::uint32_t input_tokens : 18 = 0;
    std::uint32_t instance : 14 = 0;
    std::uint32_t labels : 25 = 0;  // index into labels_
    std::uint32_t has_ttft : 1 = 0;
    std::uint32_t has_e2e : 1 = 0;
    std::uint32_t has_itl_mean : 1 = 0;
    std::uint32_t has_scheduling_delay : 1 = 0;
    std::uint32_t registered : 1 = 0;
    std::uint32_t length_capped : 1 = 0;
    std::uint32_t timed_out : 1 = 0;
  };
  static_assert(sizeof(Record) == 28);
  struct SessionRound {
    Symbol session = SymbolTable::empty();
    std::int32_t round = 0;
  };
  /// Of kPageIds ids in a row.
  struct Page {
    std::unique_ptr<std::array<Request*, kPageIds>> rows;   // null: all are retired or forgotten
    std::unique_ptr<std::array<Record, kPageIds>> records;  // null: none is retired
    std::size_t ended = 0;                                  // how many are retired or forgotten
  };
  using Chunk = std::array<Request, kChunkRows>;

  static std::size_t place_of(RequestId id) { return id.value() % kPageIds; }
  // Beyond the end of pages_ for ids before first_page_.
  std::size_t page_index(RequestId id) const {
    return (id.value() / kPageIds - first_page_) & kLastPage;
  }
  Page& page_of(RequestId id) { return pages_[page_index(id)]; }
  const Page& page_of(RequestId id) const { return pages_[page_index(id)]; }
  const Record& record_of(RequestId id) const { return (*page_of(id).records)[place_of(id)]; }
  std::int64_t number_of(RequestId id) const;

  Request* unused_row();
  void give_back(Page& page, Request*& row);
  static void note_end(Page& page);
  bool fits(const Request& request) const;
  static Record record_of(const Request& request);
  void note_oddities(RequestId id, const Request& request, const Record& record);
  double implied_itl_mean_us(const Record& record) const;
  std::uint32_t index_of(const Labels& labels);

  std::uint32_t next_id_;
  std::uint32_t first_page_;  // by id; of those before it all requests are forgotten
  std::vector<Page> pages_;   // by id, from first_page_ on
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<Request*> unused_rows_;
  std::vector<Labels> labels_;
  std::map<Labels, std::uint32_t> label_index_;
  std::uint32_t last_labels_ = 0;
  std::optional<Micros> after_last_token_;  // e2e - ttft - sum of ITLs, as the first record had it

  // What only some records need; by id, up to the last that does.
  std::deque<SessionRound> session_rounds_;
  std::deque<std::uint32_t> numbers_;
  absl::flat_hash_map<std::uint32_t, double> odd_itl_means_us_;
};

}  // namespace blis::request
