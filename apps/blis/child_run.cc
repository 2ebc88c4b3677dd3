#include "child_run.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <string_view>

#include "base/error.h"
#include "command.h"

namespace blis::app {
namespace {

[[noreturn]] void fail(std::string_view what) {
  throw DataError(fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

/// The child's whole life. It leaves without tidying up: buffers and files are the parent's.
[[noreturn]] void be_the_child(const std::function<std::string()>& work, int out) {
  std::string answer;
  int status = kSuccess;
  try {
    answer = work();
  } catch (const std::exception& error) {
    answer = error.what();
    status = kUserError;
  }
  if (!write_all(out, answer)) status = kCannotGoOn;
  _exit(status);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ChildRun run_in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) fail("open a pipe");
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) fail("start a process");
  if (child == 0) {
    close(ends[0]);
    be_the_child(work, ends[1]);
  }
  close(ends[1]);
  ChildRun run;
  run.answer = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail("wait for a process");
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kSuccess) {
    throw DataError(run.answer.empty() ? "the process ended early" : run.answer);
  }
  run.cost = {.wall_s = wall.count(),
              .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime),
              .peak_mib = static_cast<double>(usage.ru_maxrss) / 1024};
  return run;
}

}  // namespace blis::app
