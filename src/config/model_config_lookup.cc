#include "config/model_config_lookup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/output_file.h"
#include "base/text.h"
#include "model/config_fetch.h"
#include "model/config_json.h"

namespace blis::config {
namespace {

namespace fs = std::filesystem;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The file's text if it can be read.
std::optional<std::string> try_read(const fs::path& file) {
  std::error_code failed;
  if (!fs::is_regular_file(file, failed)) return std::nullopt;
  try {
    return read_file(file.string());
  } catch (const ConfigError&) {
    return std::nullopt;
  }
}

std::string given_file(const std::string& folder_flag) {
  std::error_code ignored;
  if (fs::is_regular_file(folder_flag, ignored)) return folder_flag;
  return (fs::path(folder_flag) / "config.json").string();
}

/// The model's folder below model_configs/: its name after the first slash, lexically cleaned.
fs::path local_folder(const std::string& model, const std::string& defaults_file) {
  const std::size_t slash = model.find('/');
  const std::string short_name = slash == std::string::npos ? model : model.substr(slash + 1);
  fs::path cleaned = fs::path(short_name).lexically_normal();
  if (!cleaned.has_filename()) cleaned = cleaned.parent_path();  // a trailing slash
  if (cleaned.string().find("..") != std::string::npos || fs::path(short_name).is_absolute()) {
    throw ConfigError({.file = "", .line = 0, .key = "--model"},
                      fmt::format("invalid model name \"{}\"", model));
  }
  return fs::path(defaults_file).parent_path() / "model_configs" / cleaned;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// Entries of a folder in byte order of their names, so that the choice among several does not
/// depend on the file system.
std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    entries.push_back(it->path());
  }
  std::ranges::sort(entries);
  return entries;
}

/// A snapshot of `repo` in a Hugging Face cache: the one that refs/main names, else the first that
/// has a usable file. Names are compared without case, because ours may be a lower-cased model
/// name.
std::optional<ModelConfigText> find_in_cache(const std::string& repo, const std::string& cache) {
  if (cache.empty() || !model::is_repository_id(repo)) return std::nullopt;
  const std::size_t slash = repo.find('/');
  const std::string wanted =
      fmt::format("models--{}--{}", repo.substr(0, slash), repo.substr(slash + 1));
  for (const fs::path& entry : sorted_entries(cache)) {
    if (!same_ignoring_case(entry.filename().string(), wanted)) continue;
    std::vector<fs::path> snapshots = sorted_entries(entry / "snapshots");
    if (const auto main = try_read(entry / "refs" / "main")) {
      snapshots.insert(snapshots.begin(), entry / "snapshots" / std::string(trim(*main)));
    }
    for (const fs::path& snapshot : snapshots) {
      const fs::path file = snapshot / "config.json";
      const auto text = try_read(file);
      if (text && model::looks_like_model_config(*text))
        return ModelConfigText{file.string(), *text};
    }
  }
  return std::nullopt;
}

void keep(const fs::path& folder, const std::string& text) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw ConfigError(fmt::format("cannot create {}: {}", folder.string(), failed.message()));
  write_file((folder / "config.json").string(), text);
}

}  // namespace

ModelConfigText find_model_config(const std::string& lower_case_model,
                                  const std::string& folder_flag, const DefaultsFile& defaults,
                                  const ModelSources& sources, Diagnostics& diagnostics) {
  if (!folder_flag.empty()) {
    const std::string file = given_file(folder_flag);
    return {.file = file, .text = read_file(file)};
  }

  std::vector<std::string> tried;
  const fs::path folder = local_folder(lower_case_model, defaults.path);
  const fs::path local = folder / "config.json";
  if (const auto text = try_read(local)) {
    if (model::looks_like_model_config(*text)) return {.file = local.string(), .text = *text};
    diagnostics.warn("not a model's config.json; left alone and not used", local.string());
  }
  tried.push_back(local.string());

  const std::string& known_repo = defaults.model(lower_case_model).hf_repo;
  const std::string& repo = known_repo.empty() ? lower_case_model : known_repo;
  if (const auto cached = find_in_cache(repo, sources.hugging_face_cache)) return *cached;
  if (!sources.hugging_face_cache.empty()) tried.push_back(sources.hugging_face_cache);

  try {
    if (sources.transport == nullptr) throw ConfigError("fetching is switched off");
    std::string text =
        model::fetch_model_config(repo, sources.hugging_face_token, *sources.transport);
    keep(folder, text);
    diagnostics.info("fetched a model's config.json",
                     fmt::format("{} to {}", repo, local.string()));
    return {.file = local.string(), .text = std::move(text)};
  } catch (const ConfigError& error) {
    throw ConfigError(
        {.file = "", .line = 0, .key = "--model"},
        fmt::format(
            "no config.json for \"{}\": not in {}; {}. Give its folder with --model-config-folder",
            lower_case_model, fmt::join(tried, ", "), error.what()));
  }
}

}  // namespace blis::config
