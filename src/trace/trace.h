// trace: TraceV2 (a YAML header and a CSV of requests) and ITL files, written and read as streams,
// and how a trace becomes the requests of a replay. SOURCE spec traces 2-7.
#pragma once
