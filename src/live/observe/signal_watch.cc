#include "live/observe/signal_watch.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <stdexcept>

namespace blis::live {

SignalWatch::SignalWatch(EventLoop& loop) : loop_(loop) {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  descriptor_ = ::signalfd(-1, &watched_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::runtime_error("cannot wait for signals");
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
  loop_.watch(descriptor_, EPOLLIN, [this](std::uint32_t) { on_signal(); });
}

void SignalWatch::on_signal() {
  signalfd_siginfo info{};
  if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  interrupted_ = true;
  // Whoever insists gets what the signal means everywhere else.
  loop_.unwatch(descriptor_);
  pthread_sigmask(SIG_UNBLOCK, &watched_, nullptr);
}

SignalWatch::~SignalWatch() {
  loop_.unwatch(descriptor_);
  ::close(descriptor_);
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace blis::live
