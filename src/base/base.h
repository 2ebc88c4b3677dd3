// base: what every other folder stands on, and nothing about LLM inference.
//
// Simulated time (`Micros`), strong ids, interned strings, errors that carry a location, checks,
// text and number formats of the files we read and write, and the one sort whose treatment of ties
// is part of the results. Everything here lives in namespace `blis` itself, because every other
// folder says these words all the time. Knows no folder but itself.
#pragma once
