// config: flags, YAML bundle, trace header and defaults, resolved with the precedence of spec cli 3
// into one validated, immutable description of a run. The only place that knows where a value came
// from. SOURCE spec cli 3-11.
#pragma once
