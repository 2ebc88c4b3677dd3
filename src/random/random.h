// random: every random number of a run, and the elementary functions that turn them into times and
// lengths.
//
// One master seed feeds independent streams by name; each stream is the additive lagged-Fibonacci
// generator of Go's math/rand, reproduced bit for bit together with its derived draws and with the
// library functions (log, exp, pow, gamma, cos) whose last digits differ from libm's. Nothing else
// in the program draws random numbers. Start at random_stream.h. Laws and vectors: spec engine 16
// and 18, workload 2, 3 and 23.1.
#pragma once
