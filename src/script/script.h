// script: policies that a user writes in Lua and that run without recompiling: `score`, `admit` and
// `priority` of one file.
//
// A Sandbox is one Lua state with one copy of the script: no files, clock, network or foreign code,
// a budget of instructions per call, a cap on memory, random numbers from the run's seed, and an
// order for everything that Lua leaves open. What a script may look at comes through a View that
// the calling policy implements; this folder knows neither requests nor instances. The policies
// that call scripts are ordinary members of their families (gateway, engine), called `script`.
// Start at sandbox.h.
#pragma once
