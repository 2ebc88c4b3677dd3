#include "script/policy_script.h"

#include <utility>

#include "base/error.h"
#include "base/output_file.h"
#include "script/sandbox.h"

namespace blis::script {

std::shared_ptr<const PolicyScript> make_policy_script(std::string file, std::string source,
                                                       std::int64_t seed) {
  auto script = std::make_shared<PolicyScript>();
  script->file = std::move(file);
  script->source = std::move(source);
  script->seed = seed;
  const Sandbox trial(*script, "script-check", {});
  script->has_score = trial.defines(Function::kScore);
  script->has_admit = trial.defines(Function::kAdmit);
  script->has_priority = trial.defines(Function::kPriority);
  if (!script->has_score && !script->has_admit && !script->has_priority) {
    throw ConfigError({script->file, 0, ""},
                      "the script defines none of the functions score, admit and priority");
  }
  return script;
}

std::shared_ptr<const PolicyScript> load_policy_script(const std::string& file, std::int64_t seed) {
  return make_policy_script(file, read_file(file), seed);
}

}  // namespace blis::script
