// `blis trace …`: looks at traces, and makes traces of traces.

#include <string>

#include "base/error.h"
#include "command.h"
#include "config/flags/command_flags.h"
#include "config/flags/policy_names.h"
#include "config/output_paths.h"
#include "trace/tools/rewrite.h"
#include "trace/tools/trace_info.h"
#include "trace/trace_header.h"
#include "trace/trace_output.h"

namespace blis::app {
namespace {

trace::RewriteFiles rewrite_files(const config::TraceFileFlags& f) {
  config::check_output_path("--output", trace::trace_files(*f.output).header);
  return {.header = *f.header, .data = *f.data, .output = *f.output};
}

}  // namespace

int trace_info_command(Arguments words) {
  const CommandLine<config::TraceInfoFlags> line(words);
  if (line.help_requested) return print_help("trace info");
  const config::TraceInfoFlags& flags = line.flags;
  config::require_name({.file = "", .line = 0, .key = "--format"}, "format", *flags.format,
                       config::trace_info_format_names(), /*empty_allowed=*/false);
  std::string header;
  if (!flags.trace_header->empty()) {
    header = trace::format_trace_header(trace::load_trace_header(*flags.trace_header));
  }
  const trace::TraceInfo info = trace::read_trace_info(*flags.trace_data, *flags.window_seconds);
  if (*flags.format == "json") {
    print_stdout(trace::trace_info_json(info) + "\n");
  } else {
    print_stdout(header + (header.empty() ? "" : "\n") + trace::trace_info_table(info));
  }
  return kSuccess;
}

int trace_slice_command(Arguments words) {
  const CommandLine<config::TraceSliceFlags> line(words);
  if (line.help_requested) return print_help("trace slice");
  const config::TraceSliceFlags& flags = line.flags;
  trace::slice_trace(rewrite_files(flags.files), {.from_s = *flags.from_seconds,
                                                  .to_s = *flags.to_seconds,
                                                  .skip_rows = *flags.skip_rows,
                                                  .rows = *flags.rows,
                                                  .tenant = *flags.tenant,
                                                  .slo_class = *flags.slo_class,
                                                  .model = *flags.model,
                                                  .status = *flags.status,
                                                  .rebase = *flags.rebase});
  return kSuccess;
}

int trace_scale_command(Arguments words) {
  const CommandLine<config::TraceScaleFlags> line(words);
  if (line.help_requested) return print_help("trace scale");
  const config::TraceScaleFlags& flags = line.flags;
  trace::scale_trace(rewrite_files(flags.files), {.rate_factor = *flags.rate_factor,
                                                  .method = *flags.method,
                                                  .seed = static_cast<std::uint64_t>(*flags.seed),
                                                  .copy_delay_s = *flags.copy_delay_seconds});
  return kSuccess;
}

int trace_merge_command(Arguments words) {
  const CommandLine<config::TraceMergeFlags> line(words);
  if (line.help_requested) return print_help("trace merge");
  const config::TraceMergeFlags& flags = line.flags;
  config::check_output_path("--output", trace::trace_files(*flags.output).header);
  trace::merge_traces(*flags.trace_data, *flags.trace_header, *flags.output);
  return kSuccess;
}

int trace_anonymize_command(Arguments words) {
  const CommandLine<config::TraceAnonymizeFlags> line(words);
  if (line.help_requested) return print_help("trace anonymize");
  trace::anonymize_trace(rewrite_files(line.flags.files), {.models = *line.flags.models});
  return kSuccess;
}

}  // namespace blis::app
