#include "gateway/signals.h"

#include <algorithm>
#include <utility>

namespace blis::gateway {
namespace {

// Requests of more models than this take turns in the cache of views.
constexpr std::size_t kMaxViews = 64;

class EngineSource final : public SignalSource {
 public:
  explicit EngineSource(const engine::Instance& instance) : instance_(instance) {}

  void read(InstanceSignals& signals, InstanceDetails& details) const override {
    const kv::KvStore& kv = instance_.kv();
    const std::int64_t used = kv.used_blocks();
    const std::int64_t total = kv.total_blocks();
    signals.waiting_requests = static_cast<std::int32_t>(instance_.queue_depth());
    signals.running_requests = static_cast<std::int32_t>(instance_.batch_size());
    signals.kv_utilization_ratio =
        total <= 0 ? 0.0 : static_cast<double>(used) / static_cast<double>(total);
    details.cache_hit_ratio = kv.hit_rate();
    details.free_kv_blocks = total - used;
    details.total_kv_tokens = total * kv.block_size();
    details.kv_tokens_in_use = used * kv.block_size();
    details.preemptions = instance_.preemption_count();
  }
  std::span<const Symbol> resident_adapters() const override {
    return instance_.resident_adapters();
  }

 private:
  const engine::Instance& instance_;
};

}  // namespace

std::unique_ptr<SignalSource> make_instance_source(const engine::Instance& instance) {
  return std::make_unique<EngineSource>(instance);
}

SignalBook::SignalBook(const SignalConfig& config, bool uses_prefix_views)
    : config_(config), prefix_views_(config.cache_signal_delay, uses_prefix_views) {}

InstanceId SignalBook::add_instance(engine::Instance& instance, InstanceProfile profile) {
  return add_source(make_instance_source(instance), &instance.kv(), std::move(profile));
}

InstanceId SignalBook::add_source(std::unique_ptr<SignalSource> source, kv::KvStore* cache,
                                  InstanceProfile profile) {
  const InstanceId id(rows_.size());
  Row& row = rows_.emplace_back();
  row.source = std::move(source);
  row.profile = std::move(profile);
  row.signals.instance = id;
  row.signals.details = &row.details;
  prefix_views_.add(cache);
  forget_views();
  return id;
}

void SignalBook::set_routable(InstanceId instance, bool routable) {
  rows_[instance.index()].routable = routable;
  forget_views();
}

void SignalBook::set_role(InstanceId instance, PoolRoles roles) {
  rows_[instance.index()].roles = roles;
  forget_views();
}

void SignalBook::retire(InstanceId instance) {
  set_routable(instance, false);
  prefix_views_.remove(instance);
}

void SignalBook::add_in_flight(InstanceId instance) {
  ++rows_[instance.index()].signals.in_flight_requests;
  show_in_flight(instance.value());
}

bool SignalBook::remove_in_flight(InstanceId instance, std::int64_t count) {
  std::int32_t& in_flight = rows_[instance.index()].signals.in_flight_requests;
  const bool is_enough = in_flight >= count;
  in_flight = is_enough ? static_cast<std::int32_t>(in_flight - count) : 0;
  show_in_flight(instance.value());
  return is_enough;
}

RouterState SignalBook::observe(Micros clock, Symbol model) {
  prefix_views_.refresh_if_due(clock);
  View& view = view_of(model, kNoRole);
  refresh(view, clock);
  return {.clock = clock, .candidates = view.shown};
}

void SignalBook::touch(Micros clock, Symbol model) { observe(clock, model); }

RouterState SignalBook::observe_pool(Micros clock, PoolRoles roles) {
  prefix_views_.refresh_if_due(clock);
  View& view = view_of(SymbolTable::empty(), roles);
  refresh(view, clock);
  return {.clock = clock, .candidates = view.shown};
}

void SignalBook::forget_views() {
  for (View& view : views_) view.is_filled = false;
}

SignalBook::View& SignalBook::view_of(Symbol model, PoolRoles roles) {
  auto found = std::ranges::find_if(
      views_, [&](const View& view) { return view.model == model && view.roles == roles; });
  if (found == views_.end()) {
    if (views_.size() < kMaxViews) {
      found = views_.insert(views_.end(), View{});
    } else {
      found = views_.begin() + static_cast<std::ptrdiff_t>(next_victim_);
      next_victim_ = (next_victim_ + 1) % kMaxViews;
      *found = View{};
    }
    found->model = model;
    found->roles = roles;
  }
  if (!found->is_filled) fill(*found);
  return *found;
}

// A pool's state refreshes every routable instance and shows those of the role; a request's state
// refreshes and shows those of its model.
void SignalBook::fill(View& view) const {
  view.reads.clear();
  view.shown.clear();
  view.position.assign(rows_.size(), -1);
  view.next_due = Micros();
  view.is_filled = true;
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const bool is_read =
        row.routable && (view.model == SymbolTable::empty() || view.model == row.profile.model);
    if (!is_read) continue;
    view.reads.push_back(i);
    if ((row.roles & view.roles) != view.roles) continue;
    view.position[i] = static_cast<std::int32_t>(view.shown.size());
    view.shown.push_back(row.signals);
  }
}

void SignalBook::refresh(View& view, Micros clock) {
  const Micros interval = config_.refresh_interval;
  if (interval > Micros() && clock < view.next_due) return;
  Micros oldest = clock;
  for (const std::uint32_t row : view.reads) {
    if (interval <= Micros() || clock - rows_[row].last >= interval) refresh_row(row, clock);
    oldest = std::min(oldest, rows_[row].last);
  }
  view.next_due = oldest + interval;
}

void SignalBook::refresh_row(std::uint32_t index, Micros clock) {
  Row& row = rows_[index];
  row.last = clock;
  row.source->read(row.signals, row.details);
  const std::span<const Symbol> adapters = row.source->resident_adapters();
  row.details.resident_adapters.assign(adapters.begin(), adapters.end());
  show(index);
}

InstanceSignals* SignalBook::shown(View& view, std::uint32_t row) {
  if (!view.is_filled || view.position[row] < 0) return nullptr;
  return &view.shown[static_cast<std::size_t>(view.position[row])];
}

void SignalBook::show(std::uint32_t row) {
  for (View& view : views_) {
    if (InstanceSignals* signals = shown(view, row)) *signals = rows_[row].signals;
  }
}

void SignalBook::show_in_flight(std::uint32_t row) {
  const std::int32_t in_flight = rows_[row].signals.in_flight_requests;
  for (View& view : views_) {
    if (InstanceSignals* signals = shown(view, row)) signals->in_flight_requests = in_flight;
  }
}

}  // namespace blis::gateway
