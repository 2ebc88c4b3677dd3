// report: every output of a run as text: metrics JSON, the sections after it, per-request files,
// goodput, fitness, saturation. Records in, text out; nothing here changes a result. SOURCE spec
// engine 13-14, data-plane 17, cli 12-18.
#pragma once
