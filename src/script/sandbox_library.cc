#include "script/sandbox_library.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <luajit-2.1/lua.hpp>
#include <span>
#include <string_view>

namespace blis::script {
namespace {

// Left out on purpose: everything that loads or prints, pcall (it would catch the end of the
// budget), coroutines, next (its order depends on a random seed of the state), metatables (weak
// tables show when the collector runs), rep, format and patterns (C loops that no budget sees, and
// addresses).
constexpr std::array<std::string_view, 12> kGlobals = {"assert",   "bit",    "error",  "ipairs",
                                                       "math",     "select", "string", "table",
                                                       "tonumber", "type",   "unpack", "_VERSION"};
constexpr std::array<std::string_view, 7> kString = {"byte",    "char", "len",  "lower",
                                                     "reverse", "sub",  "upper"};
constexpr std::array<std::string_view, 5> kTable = {"concat", "insert", "maxn", "remove", "sort"};

// pairs(): numbers ascending, strings ascending, false, true. Gets next and sort.
constexpr std::string_view kOrderedPairs = R"lua(
local next, sort, type, error = ...
return function(t)
  if type(t) ~= "table" then
    error("bad argument #1 to 'pairs' (table expected, got " .. type(t) .. ")", 2)
  end
  local keys, strings, n, s = {}, {}, 0, 0
  local has_false, has_true = false, false
  for key in next, t do
    local kind = type(key)
    if kind == "number" then
      n = n + 1
      keys[n] = key
    elseif kind == "string" then
      s = s + 1
      strings[s] = key
    elseif key == false then
      has_false = true
    elseif key == true then
      has_true = true
    else
      error("pairs() has no order for keys of type " .. kind, 2)
    end
  end
  sort(keys)
  sort(strings)
  for i = 1, s do keys[n + i] = strings[i] end
  n = n + s
  if has_false then n = n + 1; keys[n] = false end
  if has_true then n = n + 1; keys[n] = true end
  local i = 0
  return function()
    while i < n do
      i = i + 1
      local value = t[keys[i]]
      if value ~= nil then return keys[i], value end
    end
  end
end
)lua";

/// tostring(): as Lua's, but tables, functions and objects give the name of their type, not an
/// address.
int to_string(lua_State* state) {
  switch (lua_type(state, 1)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
      lua_tostring(state, 1);
      lua_pushvalue(state, 1);
      lua_tostring(state, -1);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(state, lua_toboolean(state, 1) != 0 ? "true" : "false");
      break;
    default:
      lua_pushstring(state, luaL_typename(state, 1));
  }
  return 1;
}

/// math.random(): [0, 1); (n): 1..n; (m, n): m..n.
int draw(lua_State* state) {
  auto& random = *static_cast<random::RandomStream*>(lua_touserdata(state, lua_upvalueindex(1)));
  const int arguments = lua_gettop(state);
  if (arguments == 0) {
    lua_pushnumber(state, random.float64());
    return 1;
  }
  constexpr double kLargest = 9007199254740992.0;  // 2^53: whole numbers are exact up to here
  const double low = arguments == 1 ? 1 : std::floor(luaL_checknumber(state, 1));
  const double high = std::floor(luaL_checknumber(state, arguments == 1 ? 1 : 2));
  if (!(low <= high && low >= -kLargest && high <= kLargest && high - low < kLargest)) {
    return luaL_error(state, "bad arguments to 'random' (interval is empty or too large)");
  }
  const std::int64_t span = static_cast<std::int64_t>(high - low) + 1;
  lua_pushnumber(state, low + static_cast<double>(random.intn(span)));
  return 1;
}

/// Removes everything but `kept` from the table on top of the stack.
void keep_only(lua_State* state, std::span<const std::string_view> kept) {
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    lua_pop(state, 1);
    std::size_t length = 0;
    const bool is_text = lua_type(state, -1) == LUA_TSTRING;
    const char* text = is_text ? lua_tolstring(state, -1, &length) : "";
    if (std::ranges::find(kept, std::string_view(text, length)) == kept.end()) {
      lua_pushvalue(state, -1);
      lua_pushnil(state);
      lua_rawset(state, -4);  // lua_next allows clearing fields that exist
    }
  }
}

void open(lua_State* state, lua_CFunction library, const char* name) {
  lua_pushcfunction(state, library);
  lua_pushstring(state, name);
  lua_call(state, 1, 0);
}

void add_ordered_pairs(lua_State* state) {
  luaL_loadbuffer(state, kOrderedPairs.data(), kOrderedPairs.size(), "=pairs");
  lua_getglobal(state, "next");
  lua_getglobal(state, "table");
  lua_getfield(state, -1, "sort");
  lua_remove(state, -2);
  lua_getglobal(state, "type");
  lua_getglobal(state, "error");
  lua_call(state, 4, 1);
}

}  // namespace

void open_safe_library(lua_State* state, random::RandomStream& random) {
  open(state, luaopen_base, "");
  open(state, luaopen_table, LUA_TABLIBNAME);
  open(state, luaopen_string, LUA_STRLIBNAME);
  open(state, luaopen_math, LUA_MATHLIBNAME);
  open(state, luaopen_bit, LUA_BITLIBNAME);
  add_ordered_pairs(state);  // stays on the stack while the globals are cleared

  lua_pushvalue(state, LUA_GLOBALSINDEX);
  keep_only(state, kGlobals);
  lua_pop(state, 1);
  lua_getglobal(state, "string");
  keep_only(state, kString);
  lua_pop(state, 1);
  lua_getglobal(state, "table");
  keep_only(state, kTable);
  lua_pop(state, 1);

  lua_setglobal(state, "pairs");
  lua_pushcfunction(state, to_string);
  lua_setglobal(state, "tostring");
  lua_getglobal(state, "math");
  lua_pushlightuserdata(state, &random);
  lua_pushcclosure(state, draw, 1);
  lua_setfield(state, -2, "random");
  lua_pushnil(state);
  lua_setfield(state, -2, "randomseed");
  lua_pop(state, 1);
}

}  // namespace blis::script
