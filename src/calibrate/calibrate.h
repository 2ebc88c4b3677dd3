// calibrate: how close a simulation came to what was measured.
//
//   trace (real) + results of its replay (simulated) -> pairs of the same request -> errors,
//   correlation, a report
//
// Start at calibration.h; adapter_reference.h is the other, simpler comparison. SOURCE spec traces
// 9-11. Laws: identical vectors have no error and correlate fully; scaling the simulated one by k >
// 1 gives a MAPE of k - 1.
#pragma once
