#include "script/sandbox.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <luajit-2.1/lua.hpp>

#include "base/check.h"
#include "base/error.h"
#include "script/sandbox_library.h"

namespace blis::script {
namespace {

constexpr std::array<std::string_view, kNumFunctions> kFunctionNames = {"score", "admit",
                                                                        "priority"};

std::size_t position(Function function) { return static_cast<std::size_t>(function); }

}  // namespace

/// What Lua calls. Nothing in here may throw or own anything: Lua leaves these functions by jumping
/// over them.
struct Callbacks {
  static Sandbox& sandbox(lua_State* state) {
    return *static_cast<Sandbox*>(lua_touserdata(state, lua_upvalueindex(1)));
  }

  static void* allocate(void* owner, void* block, std::size_t old_bytes, std::size_t new_bytes) {
    auto& self = *static_cast<Sandbox*>(owner);
    if (block == nullptr) old_bytes = 0;
    if (new_bytes == 0) {
      std::free(block);  // NOLINT(cppcoreguidelines-no-malloc): Lua's allocator is realloc
      self.used_bytes_ -= old_bytes;
      return nullptr;
    }
    const std::size_t total = self.used_bytes_ - old_bytes + new_bytes;
    // The cap is for scripts; what is prepared between two calls is small and must not fail.
    if (new_bytes > old_bytes && self.is_running_ && total > kMemoryCapBytes) return nullptr;
    void* moved = std::realloc(block, new_bytes);  // NOLINT(cppcoreguidelines-no-malloc)
    if (moved != nullptr) self.used_bytes_ = total;
    return moved;
  }

  static void count_instructions(lua_State* state, lua_Debug* /*where*/) {
    void* owner = nullptr;
    lua_getallocf(state, &owner);
    auto& self = *static_cast<Sandbox*>(owner);
    self.used_instructions_ += kBudgetGrain;
    if (self.used_instructions_ <= kInstructionBudget) return;
    luaL_where(state, 0);
    lua_pushfstring(state, "the call used up its budget of %d instructions",
                    static_cast<int>(kInstructionBudget));
    lua_concat(state, 2);
    lua_error(state);
  }

  /// Makes a text with a line of whatever was thrown.
  static int describe_error(lua_State* state) {
    if (lua_type(state, 1) == LUA_TSTRING) return 1;
    luaL_where(state, 1);
    lua_pushfstring(state, "error of type %s", luaL_typename(state, 1));
    lua_concat(state, 2);
    return 1;
  }

  /// Position of the field that stands second on the stack, by the table of names in upvalue 2.
  static std::size_t field(lua_State* state, const char* object) {
    lua_pushvalue(state, 2);
    lua_rawget(state, lua_upvalueindex(2));
    if (lua_type(state, -1) != LUA_TNUMBER) {
      const char* name = lua_type(state, 2) == LUA_TSTRING ? lua_tostring(state, 2) : "?";
      luaL_error(state, "%s has no field '%s'", object, name);
    }
    return static_cast<std::size_t>(lua_tointeger(state, -1));
  }

  static int push(lua_State* state, const Value& value) {
    switch (value.kind) {
      case Value::Kind::kNil:
        lua_pushnil(state);
        break;
      case Value::Kind::kNumber:
        lua_pushnumber(state, value.number);
        break;
      case Value::Kind::kBoolean:
        lua_pushboolean(state, value.number != 0 ? 1 : 0);
        break;
      case Value::Kind::kText:
        lua_pushlstring(state, value.text.data(), value.text.size());
        break;
    }
    return 1;
  }

  static const View& view(lua_State* state, Sandbox& self) {
    if (self.view_ == nullptr) luaL_error(state, "there is no decision to look at yet");
    return *self.view_;
  }

  static int index_request(lua_State* state) {
    Sandbox& self = sandbox(state);
    return push(state, view(state, self).request_field(field(state, "request")));
  }

  static int index_instance(lua_State* state) {
    Sandbox& self = sandbox(state);
    const auto* instance = static_cast<const std::size_t*>(lua_touserdata(state, 1));
    const View& seen = view(state, self);
    if (*instance >= seen.num_instances()) {
      return luaL_error(state, "this instance is no candidate of the present decision");
    }
    return push(state, seen.instance_field(*instance, field(state, "instance")));
  }

  static int index_cluster(lua_State* state) {
    Sandbox& self = sandbox(state);
    const View& seen = view(state, self);
    if (lua_type(state, 2) == LUA_TNUMBER) {
      const lua_Number wanted = lua_tonumber(state, 2);
      if (!(wanted >= 1 && wanted <= static_cast<double>(seen.num_instances()))) {
        lua_pushnil(state);
        return 1;
      }
      lua_rawgeti(state, LUA_REGISTRYINDEX, self.instances_);
      lua_rawgeti(state, -1, static_cast<int>(wanted));
      return 1;
    }
    const bool is_clock = field(state, "cluster") == 0;
    const std::int64_t value = is_clock ? seen.now().count() : self.decision_;
    return push(state, Value::of(value));
  }

  static int count_instances(lua_State* state) {
    Sandbox& self = sandbox(state);
    return push(state, Value::of(static_cast<std::int64_t>(view(state, self).num_instances())));
  }

  static int refuse_change(lua_State* state) {
    return luaL_error(state, "request, instance and cluster cannot be changed");
  }

  /// Leaves a metatable whose objects have these fields.
  static void push_class(lua_State* state, Sandbox* self, lua_CFunction index,
                         std::span<const std::string_view> fields) {
    lua_createtable(state, 0, 4);
    lua_pushlightuserdata(state, self);
    lua_createtable(state, 0, static_cast<int>(fields.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      lua_pushlstring(state, fields[i].data(), fields[i].size());
      lua_pushinteger(state, static_cast<lua_Integer>(i));
      lua_rawset(state, -3);
    }
    lua_pushcclosure(state, index, 2);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, refuse_change);
    lua_setfield(state, -2, "__newindex");
    lua_pushlightuserdata(state, self);
    lua_pushcclosure(state, count_instances, 1);
    lua_setfield(state, -2, "__len");
  }
};

std::string_view name_of(Function function) { return kFunctionNames[position(function)]; }

void Sandbox::CloseState::operator()(lua_State* state) const { lua_close(state); }

Sandbox::Sandbox(const PolicyScript& script, std::string_view stream, const Schema& schema)
    : script_(script), random_(random::stream_seed(script.seed, stream)) {
  state_.reset(lua_newstate(Callbacks::allocate, this));
  lua_State* state = state_.get();
  BLIS_CHECK(state != nullptr, "no memory for a Lua state");
  luaJIT_setmode(state, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  open_safe_library(state, random_);
  make_objects(schema);
  lua_sethook(state, Callbacks::count_instructions, LUA_MASKCOUNT, static_cast<int>(kBudgetGrain));

  const std::string chunk = "@" + script.file;
  // "t": text only. Bytecode is not checked by Lua and could reach anything.
  std::string error;
  if (luaL_loadbufferx(state, script.source.data(), script.source.size(), chunk.c_str(), "t") !=
      0) {
    error = lua_tostring(state, -1);
  } else {
    error = run(0, 0);
  }
  if (!error.empty()) {
    const bool is_located = error.starts_with(script.file);
    throw ConfigError(is_located ? error : script.file + ": " + error);
  }
  for (std::size_t i = 0; i < kNumFunctions; ++i) {
    lua_getglobal(state, std::string(kFunctionNames[i]).c_str());
    const int type = lua_type(state, -1);
    if (type != LUA_TFUNCTION && type != LUA_TNIL) {
      throw ConfigError({script.file, 0, std::string(kFunctionNames[i])},
                        fmt::format("is a {}, not a function", luaL_typename(state, -1)));
    }
    if (type == LUA_TFUNCTION) {
      functions_[i] = luaL_ref(state, LUA_REGISTRYINDEX);
    } else {
      functions_[i] = LUA_NOREF;
      lua_pop(state, 1);
    }
  }
}

Sandbox::~Sandbox() = default;

bool Sandbox::defines(Function function) const {
  return functions_[position(function)] != LUA_NOREF;
}

void Sandbox::make_objects(const Schema& schema) {
  lua_State* state = state_.get();
  lua_pushcfunction(state, Callbacks::describe_error);
  handler_ = luaL_ref(state, LUA_REGISTRYINDEX);

  lua_newuserdata(state, 1);
  Callbacks::push_class(state, this, Callbacks::index_request, schema.request);
  lua_setmetatable(state, -2);
  request_ = luaL_ref(state, LUA_REGISTRYINDEX);

  static constexpr std::array<std::string_view, 2> kClusterFields = {"now_us", "decision"};
  lua_newuserdata(state, 1);
  Callbacks::push_class(state, this, Callbacks::index_cluster, kClusterFields);
  lua_setmetatable(state, -2);
  cluster_ = luaL_ref(state, LUA_REGISTRYINDEX);

  lua_newtable(state);
  instances_ = luaL_ref(state, LUA_REGISTRYINDEX);
  Callbacks::push_class(state, this, Callbacks::index_instance, schema.instance);
  instance_class_ = luaL_ref(state, LUA_REGISTRYINDEX);
}

void Sandbox::provide_instances(std::size_t count) {
  if (instances_made_ >= count) return;
  lua_State* state = state_.get();
  lua_rawgeti(state, LUA_REGISTRYINDEX, instances_);
  for (; instances_made_ < count; ++instances_made_) {
    auto* instance = static_cast<std::size_t*>(lua_newuserdata(state, sizeof(std::size_t)));
    *instance = instances_made_;
    lua_rawgeti(state, LUA_REGISTRYINDEX, instance_class_);
    lua_setmetatable(state, -2);
    lua_rawseti(state, -2, static_cast<int>(instances_made_) + 1);
  }
  lua_pop(state, 1);
}

std::string Sandbox::run(int arguments, int results) {
  lua_State* state = state_.get();
  const int base = lua_gettop(state) - arguments;
  lua_rawgeti(state, LUA_REGISTRYINDEX, handler_);
  lua_insert(state, base);
  used_instructions_ = 0;
  is_running_ = true;
  const int status = lua_pcall(state, arguments, results, base);
  is_running_ = false;
  lua_remove(state, base);
  if (status == 0) return "";
  std::string message = status == LUA_ERRMEM
                            ? fmt::format("the script uses more than {} MiB", kMemoryCapBytes >> 20)
                            : std::string(lua_tostring(state, -1));
  lua_pop(state, 1);
  return message.empty() ? "error without a message" : message;
}

void Sandbox::call(Function function, const View& view, std::optional<std::size_t> instance) {
  lua_State* state = state_.get();
  const int reference = functions_[position(function)];
  BLIS_CHECK(reference != LUA_NOREF, "{} is not defined", name_of(function));
  provide_instances(view.num_instances());
  lua_rawgeti(state, LUA_REGISTRYINDEX, reference);
  lua_rawgeti(state, LUA_REGISTRYINDEX, request_);
  if (instance) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, instances_);
    lua_rawgeti(state, -1, static_cast<int>(*instance) + 1);
    lua_remove(state, -2);
  }
  lua_rawgeti(state, LUA_REGISTRYINDEX, cluster_);
  view_ = &view;
  now_ = view.now();
  const std::string error = run(instance ? 3 : 2, 1);
  view_ = nullptr;
  if (!error.empty()) fail(function, error);
}

double Sandbox::number(Function function, const View& view, std::optional<std::size_t> instance) {
  call(function, view, instance);
  lua_State* state = state_.get();
  if (lua_type(state, -1) != LUA_TNUMBER) refuse_result(function, "a number");
  const double result = lua_tonumber(state, -1);
  if (std::isnan(result)) refuse_result(function, "a number that is not NaN");
  lua_pop(state, 1);
  return result;
}

bool Sandbox::truth(Function function, const View& view, std::optional<std::size_t> instance) {
  call(function, view, instance);
  lua_State* state = state_.get();
  if (lua_type(state, -1) != LUA_TBOOLEAN) refuse_result(function, "true or false");
  const bool result = lua_toboolean(state, -1) != 0;
  lua_pop(state, 1);
  return result;
}

void Sandbox::refuse_result(Function function, std::string_view expected) {
  lua_State* state = state_.get();
  const bool is_nan = lua_type(state, -1) == LUA_TNUMBER;
  const std::string got = is_nan ? "NaN" : luaL_typename(state, -1);
  lua_pop(state, 1);
  // The line at which the function begins: where it returned is no longer known.
  lua_Debug where{};
  lua_rawgeti(state, LUA_REGISTRYINDEX, functions_[position(function)]);
  lua_getinfo(state, ">S", &where);
  fail(function, fmt::format("{}:{}: {}() must return {}, not {}", script_.file, where.linedefined,
                             name_of(function), expected, got));
}

void Sandbox::fail(Function function, std::string_view message) const {
  const bool is_located = message.starts_with(script_.file);
  throw ConfigError(fmt::format("{}{}{} (in {}(), at {} µs of simulated time)",
                                is_located ? "" : script_.file, is_located ? "" : ": ", message,
                                name_of(function), now_.count()));
}

}  // namespace blis::script
