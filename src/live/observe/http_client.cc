#include "live/observe/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/check.h"

namespace blis::live {
namespace {

/// libcurl wants this once per process, before any thread of ours.
void start_curl() {
  static const CURLcode outcome = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (outcome != CURLE_OK) throw std::runtime_error("cannot start the HTTP library");
}

/// One exchange with its handle, which is used again afterwards.
struct Transfer {
  CURL* easy = nullptr;
  std::uint64_t number = 0;
  curl_slist* headers = nullptr;
  std::string body;
  HttpListener* listener = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};

  Transfer() : easy(curl_easy_init()) {
    if (easy == nullptr) throw std::runtime_error("cannot create an HTTP handle");
  }
  ~Transfer() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  int http_status() const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  return transfer.listener->on_body(transfer.http_status(), {data, bytes}) ? bytes : 0;
}

void prepare(Transfer& transfer, const ClientRequest& request) {
  CURL* const easy = transfer.easy;
  curl_easy_reset(easy);
  curl_slist_free_all(transfer.headers);
  transfer.headers = nullptr;
  for (const std::string& header : request.headers) {
    transfer.headers = curl_slist_append(transfer.headers, header.c_str());
  }
  // Without this libcurl holds long bodies back until the server agrees to read them.
  transfer.headers = curl_slist_append(transfer.headers, "Expect:");
  transfer.body = request.body;
  transfer.error.front() = '\0';
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "blis");
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (request.is_post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer.body.size()));
  }
}

TransferEnd end_of(const Transfer& transfer, CURLcode outcome) {
  TransferEnd end;
  end.http_status = transfer.http_status();
  if (outcome == CURLE_OK) return end;
  end.kind = outcome == CURLE_OPERATION_TIMEDOUT ? TransferEnd::Kind::kTimeout
                                                 : TransferEnd::Kind::kFailed;
  end.message =
      transfer.error.front() != '\0' ? transfer.error.data() : curl_easy_strerror(outcome);
  return end;
}

}  // namespace

struct HttpClient::Impl {
  EventLoop& loop;
  CURLM* multi = nullptr;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> active;  ///< in the order of their start
  std::uint64_t started = 0;
  std::vector<std::unique_ptr<Transfer>> idle;

  explicit Impl(EventLoop& event_loop) : loop(event_loop) {}

  static int on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* user,
                       void* /*socket_data*/) {
    auto& self = *static_cast<Impl*>(user);
    if (what == CURL_POLL_REMOVE) {
      self.loop.unwatch(socket);
      return 0;
    }
    std::uint32_t events = 0;
    if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
    self.loop.watch(socket, events,
                    [&self, socket](std::uint32_t ready) { self.on_ready(socket, ready); });
    return 0;
  }

  /// How long libcurl can wait; 0: it is time, negative: for ever. Asked each time, because it
  /// announces a moment only once, and forgets to do so again after a call that was a moment early.
  long timeout_ms() const {
    long ms = -1;
    curl_multi_timeout(multi, &ms);
    return ms;
  }

  void on_ready(curl_socket_t socket, std::uint32_t ready) {
    int flags = 0;
    if ((ready & EPOLLIN) != 0) flags |= CURL_CSELECT_IN;
    if ((ready & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((ready & (EPOLLERR | EPOLLHUP)) != 0) flags |= CURL_CSELECT_ERR;
    act(socket, flags);
  }

  void act(curl_socket_t socket, int flags) {
    int running = 0;
    curl_multi_socket_action(multi, socket, flags, &running);
    collect();
  }

  /// Ends what libcurl says is over. Listeners may start more meanwhile.
  void collect() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode outcome = message->data.result;  // the message dies with the handle's removal
      char* pointer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
      auto* const transfer = static_cast<Transfer*>(static_cast<void*>(pointer));
      end(*transfer, end_of(*transfer, outcome));
    }
  }

  void end(Transfer& transfer, const TransferEnd& how) {
    curl_multi_remove_handle(multi, transfer.easy);
    auto node = active.extract(transfer.number);
    HttpListener& listener = *transfer.listener;
    idle.push_back(std::move(node.mapped()));
    listener.on_end(how);
  }
};

HttpClient::HttpClient(EventLoop& loop, std::size_t connections)
    : impl_(std::make_unique<Impl>(loop)) {
  start_curl();
  impl_->multi = curl_multi_init();
  if (impl_->multi == nullptr) throw std::runtime_error("cannot start the HTTP client");
  curl_multi_setopt(impl_->multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
  curl_multi_setopt(impl_->multi, CURLMOPT_SOCKETDATA, impl_.get());
  curl_multi_setopt(impl_->multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
}

HttpClient::~HttpClient() {
  for (auto& [number, transfer] : impl_->active) {
    curl_multi_remove_handle(impl_->multi, transfer->easy);
  }
  impl_->active.clear();
  impl_->idle.clear();
  curl_multi_cleanup(impl_->multi);
}

void HttpClient::start(const ClientRequest& request, HttpListener& listener) {
  Impl& impl = *impl_;
  std::unique_ptr<Transfer> transfer;
  if (impl.idle.empty()) {
    transfer = std::make_unique<Transfer>();
  } else {
    transfer = std::move(impl.idle.back());
    impl.idle.pop_back();
  }
  prepare(*transfer, request);
  transfer->listener = &listener;
  transfer->number = ++impl.started;
  CURL* const easy = transfer->easy;
  impl.active.emplace(impl.started, std::move(transfer));
  const CURLMcode added = curl_multi_add_handle(impl.multi, easy);
  BLIS_CHECK(added == CURLM_OK, "libcurl does not take a handle: {}", curl_multi_strerror(added));
}

void HttpClient::interrupt() {
  while (!impl_->active.empty()) {
    Transfer& transfer = *impl_->active.begin()->second;
    TransferEnd end;
    end.kind = TransferEnd::Kind::kInterrupted;
    end.http_status = transfer.http_status();
    end.message = "interrupted";
    impl_->end(transfer, end);
  }
}

std::size_t HttpClient::in_flight() const { return impl_->active.size(); }

Clock::time_point HttpClient::next_time() const {
  const long ms = impl_->timeout_ms();
  return ms < 0 ? Clock::time_point::max() : Clock::now() + std::chrono::milliseconds(ms);
}

void HttpClient::on_time() {
  if (impl_->timeout_ms() == 0) impl_->act(CURL_SOCKET_TIMEOUT, 0);
}

std::size_t raise_descriptor_limit(std::size_t descriptors) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < descriptors) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, descriptors);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

}  // namespace blis::live
