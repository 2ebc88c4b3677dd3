// One Lua state with one copy of a script, from which nothing outside can be reached.
//
// Scripts are interpreted, never compiled: compiled traces do not look at the instruction budget,
// and the objects that scripts read are served by C functions, at which a trace would end anyway.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/micros.h"
#include "random/random_stream.h"
#include "script/policy_script.h"

struct lua_State;

namespace blis::script {

/// What a script may define.
enum class Function : std::uint8_t { kScore, kAdmit, kPriority };
inline constexpr std::size_t kNumFunctions = 3;
std::string_view name_of(Function function);

/// VM instructions that one call may execute, give or take kBudgetGrain.
inline constexpr std::int64_t kInstructionBudget = 1'000'000;
/// After so many instructions the budget is looked at.
inline constexpr std::int64_t kBudgetGrain = 1'000;
/// Memory of one copy of a script.
inline constexpr std::size_t kMemoryCapBytes = std::size_t{64} << 20;

/// One value that a script reads.
struct Value {
  enum class Kind : std::uint8_t { kNil, kNumber, kBoolean, kText };
  Kind kind = Kind::kNil;
  double number = 0;
  std::string_view text{};

  static Value of(double number) { return {Kind::kNumber, number, {}}; }
  static Value of(std::int64_t number) { return of(static_cast<double>(number)); }
  static Value of(bool truth) { return {Kind::kBoolean, truth ? 1.0 : 0.0, {}}; }
  static Value of(std::string_view text) { return {Kind::kText, 0, text}; }
};

/// Names of the fields of the objects `request` and `instance`; reading another one is an error.
struct Schema {
  std::span<const std::string_view> request;
  std::span<const std::string_view> instance;
};

/// What a script sees during one decision. Fields are positions in the schema.
class View {
 public:
  virtual ~View() = default;
  virtual Micros now() const = 0;
  virtual std::size_t num_instances() const = 0;
  virtual Value request_field(std::size_t field) const = 0;
  virtual Value instance_field(std::size_t instance, std::size_t field) const = 0;
};

class Sandbox {
 public:
  /// Runs the body of the script. Both `script` and `schema`'s names outlive the sandbox. `stream`
  /// names the stream of math.random(). THROWS ConfigError with file and line.
  Sandbox(const PolicyScript& script, std::string_view stream, const Schema& schema);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  bool defines(Function function) const;

  /// Tells that the calls to come belong to another decision: the script sees another
  /// `cluster.decision`.
  void begin_decision() { ++decision_; }

  /// Calls function(request, instance, cluster), or function(request, cluster) without an instance.
  /// The view is looked at during the call only. THROWS ConfigError with file, line and simulated
  /// time if the script fails, uses up its budget or memory, or returns anything but a number that
  /// is not NaN. REQUIRES  the script defines it.
  double number(Function function, const View& view, std::optional<std::size_t> instance);
  /// The same for true and false.
  bool truth(Function function, const View& view, std::optional<std::size_t> instance);

 private:
  friend struct Callbacks;
  struct CloseState {
    void operator()(lua_State* state) const;
  };

  void make_objects(const Schema& schema);
  void provide_instances(std::size_t count);
  /// Calls what stands on the stack with its arguments; the message of the error or "".
  std::string run(int arguments, int results);
  /// Leaves the function's result on the stack.
  void call(Function function, const View& view, std::optional<std::size_t> instance);
  [[noreturn]] void fail(Function function, std::string_view message) const;
  [[noreturn]] void refuse_result(Function function, std::string_view expected);

  const PolicyScript& script_;
  random::RandomStream random_;
  std::size_t used_bytes_ = 0;
  bool is_running_ = false;
  std::int64_t used_instructions_ = 0;
  const View* view_ = nullptr;  // of the call that is running
  Micros now_;                  // of the last call
  std::int64_t decision_ = 0;
  std::size_t instances_made_ = 0;
  std::array<int, kNumFunctions> functions_{};  // references; LUA_NOREF: not defined
  int handler_ = 0;
  int request_ = 0;
  int cluster_ = 0;
  int instances_ = 0;                             // table of instance objects
  int instance_class_ = 0;                        // their metatable
  std::unique_ptr<lua_State, CloseState> state_;  // last: its end still counts bytes
};

}  // namespace blis::script
