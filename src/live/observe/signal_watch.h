// SIGINT and SIGTERM as an event among others.
#pragma once

#include <csignal>

#include "live/observe/event_loop.h"

namespace blis::live {

/// While it lives, the first SIGINT or SIGTERM is only noted; the second ends the process as usual.
/// SIGPIPE is ignored: a server that hangs up is an error of one request. One per process; make it
/// before any other thread.
class SignalWatch {
 public:
  /// The loop outlives it. THROWS std::runtime_error.
  explicit SignalWatch(EventLoop& loop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  void on_signal();

  EventLoop& loop_;
  int descriptor_ = -1;
  sigset_t watched_{};
  sigset_t before_{};
  struct sigaction pipe_before_ {};
  bool interrupted_ = false;
};

}  // namespace blis::live
