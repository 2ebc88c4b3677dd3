#include "report/fixed_text.h"
#include "report/metrics_parts.h"
#include "report/sections.h"

namespace blis::report {

double busy_ratio(const kv::SharedDeviceUse& device, double duration_s) {
  return duration_s > 0 ? static_cast<double>(device.busy_ns) / 1e9 / duration_s : 0;
}

std::string storage_section(const RunSummary& summary) {
  if (!summary.result().storage) return "";
  const kv::StorageUse& storage = *summary.result().storage;
  const double duration_s = summary.cluster().totals.duration_s();
  std::string out = "=== Shared KV Storage ===\n";
  for (const kv::SharedDeviceUse& device : storage.devices) {
    out += fmt::format("Device {}: read_bytes={} written_bytes={} busy={}\n", device.name,
                       device.read_bytes, device.written_bytes,
                       fixed(busy_ratio(device, duration_s), 4));
  }
  for (const kv::RemoteStoreUse& store : storage.stores) {
    out += fmt::format(
        "Remote store {}: blocks={} written={} spared_writes={} read={} read_from_others={} "
        "evicted={}\n",
        store.name, store.blocks, store.written_blocks, store.spared_writes, store.read_blocks,
        store.foreign_read_blocks, store.evicted_blocks);
  }
  return out;
}

}  // namespace blis::report
