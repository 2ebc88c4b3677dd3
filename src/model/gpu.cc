#include "model/gpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/output_file.h"

namespace blis::model {
namespace {

constexpr std::array<std::pair<std::string_view, double Gpu::*>, 6> kFields = {{
    {"tflopspeak", &Gpu::tflops_peak},
    {"tflopsfp8", &Gpu::tflops_fp8},
    {"bwpeaktbs", &Gpu::bandwidth_tb_per_s},
    {"mfuprefill", &Gpu::mfu_prefill},
    {"mfudecode", &Gpu::mfu_decode},
    {"memorygib", &Gpu::memory_gib},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Files keep their order, so that of two spellings of one field the last one wins.
Gpu parse_gpu(const nlohmann::ordered_json& entry, const std::string& name,
              const std::string& file) {
  Gpu gpu;
  if (entry.is_null()) return gpu;
  if (!entry.is_object()) {
    throw DataError(
        {.file = file, .line = 0, .key = name},
        fmt::format("expected an object with the GPU's figures, found {}", entry.type_name()));
  }
  for (const auto& [key, value] : entry.items()) {
    const auto* field =
        std::ranges::find(kFields, lower(key), [](const auto& f) { return std::string(f.first); });
    if (field == kFields.end() || value.is_null()) continue;
    if (!value.is_number()) {
      throw DataError({.file = file, .line = 0, .key = fmt::format("{}.{}", name, key)},
                      fmt::format("expected a number, found {}", value.type_name()));
    }
    gpu.*(field->second) = value.template get<double>();
  }
  return gpu;
}

}  // namespace

std::map<std::string, Gpu> parse_gpus(const std::string& json_text, const std::string& file) {
  nlohmann::ordered_json root;
  try {
    root = nlohmann::ordered_json::parse(json_text);
  } catch (const nlohmann::json::exception& error) {
    throw DataError({.file = file, .line = 0, .key = ""},
                    fmt::format("not valid JSON: {}", error.what()));
  }
  std::map<std::string, Gpu> gpus;
  if (root.is_null()) return gpus;
  if (!root.is_object()) {
    throw DataError({.file = file, .line = 0, .key = ""},
                    fmt::format("expected an object of GPUs, found {}", root.type_name()));
  }
  for (const auto& [name, entry] : root.items()) gpus[name] = parse_gpu(entry, name, file);
  return gpus;
}

std::map<std::string, Gpu> load_gpus(const std::string& file) {
  return parse_gpus(read_file(file), file);
}

const Gpu& find_gpu(const std::map<std::string, Gpu>& gpus, const std::string& name,
                    const std::string& file) {
  const auto found = gpus.find(name);
  if (found != gpus.end()) return found->second;
  std::vector<std::string_view> names;
  names.reserve(gpus.size());
  for (const auto& [known, gpu] : gpus) names.push_back(known);
  throw ConfigError({.file = file, .line = 0, .key = ""}, unknown_name("GPU", name, names));
}

}  // namespace blis::model
