// What a script finds among its globals.
#pragma once

#include "random/random_stream.h"

struct lua_State;

namespace blis::script {

/// Leaves the state with the harmless and deterministic part of Lua's library and nothing else:
/// pairs() in a defined order, tostring() without addresses, math.random() from `random`, which
/// outlives the state.
void open_safe_library(lua_State* state, random::RandomStream& random);

}  // namespace blis::script
