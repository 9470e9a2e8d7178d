#include "common/net/http_server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/address.h"
#include "common/net/http_session.h"
#include "common/net/socket_address.h"
#include "common/net/tcp_listener.h"

namespace tributary {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kMaxRefusing = 64;  // connections over the limit that are told so; more are just closed
constexpr std::chrono::milliseconds kAcceptPause{100};  // after an error, such as no file descriptors left
constexpr absl::Duration kAcceptLogPeriod = absl::Seconds(10);

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(Options options)
      : shared_{.options = std::move(options)}, acceptor_(shared_.loop), accept_timer_(shared_.loop) {}
  ~Impl() { Stop(); }

  void Handle(absl::string_view method, absl::string_view path, Handler handler) {
    TRIBUTARY_CHECK(port_ == 0);
    shared_.routes.Add(method, path, std::move(handler));
  }

  absl::Status Start() {
    TRIBUTARY_CHECK(port_ == 0);
    TRIBUTARY_RETURN_IF_ERROR(Annotate(Listen(), "HTTP server"));
    shared_.handlers = std::make_unique<asio::thread_pool>(shared_.options.handler_threads);
    Accept();
    thread_ = std::thread([this] { shared_.loop.run(); });
    pthread_setname_np(thread_.native_handle(), "http");
    return absl::OkStatus();
  }

  int port() const { return port_; }

  Stats stats() const {
    const auto value = [](const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
    return {.connections = value(shared_.connections),
            .connections_accepted = value(shared_.connections_accepted),
            .connections_refused = value(shared_.connections_refused),
            .connections_evicted = value(shared_.connections_evicted),
            .requests = value(shared_.requests),
            .requests_refused = value(shared_.requests_refused),
            .requests_unauthorized = value(shared_.requests_unauthorized),
            .handshake_failures = value(shared_.handshake_failures),
            .timeouts = value(shared_.timeouts),
            .handler_failures = value(shared_.handler_failures)};
  }

  void Stop() {
    if (!thread_.joinable()) return;
    shared_.loop.stop();
    thread_.join();
    shared_.handlers->stop();
    shared_.handlers->join();
    error_code ignored;
    acceptor_.close(ignored);
    for (HttpSession* session : shared_.sessions) session->Close();
  }

 private:
  absl::Status Listen() {
    TRIBUTARY_ASSIGN_OR_RETURN(const Address address, ParseAddress(shared_.options.address));
    if (address.kind != Address::Kind::kTcp) return absl::InvalidArgumentError("not a TCP address");
    TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenListener(address));
    const bool ipv6 = SocketAddress::OfSocket(socket.number()).family() == AF_INET6;
    error_code error;
    acceptor_.assign(ipv6 ? tcp::v6() : tcp::v4(), socket.number(), error);
    if (error) return absl::InternalError(error.message());
    socket.Release();
    port_ = acceptor_.local_endpoint().port();
    return absl::OkStatus();
  }

  absl::StatusOr<FileDescriptor> OpenListener(const Address& address) const {
    if (shared_.options.inherited == nullptr) return ListenTcp(address);
    std::vector<FileDescriptor> given = shared_.options.inherited->Take(address);
    if (given.empty()) return ListenTcp(address);
    return std::move(given.front());
  }

  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater(error);
      Admit(std::move(socket));
      Accept();
    });
  }

  void AcceptLater(error_code error) {
    if (accept_errors_log_.Due()) {
      TRIBUTARY_LOG_WARN("{}: cannot accept a connection: {}; out of descriptors? LimitNOFILE= of the unit, ulimit -n",
                         shared_.options.address, error.message());
    }
    accept_timer_.expires_after(kAcceptPause);
    accept_timer_.async_wait([this](error_code) { Accept(); });
  }

  void Admit(tcp::socket socket) {
    shared_.connections_accepted.fetch_add(1, std::memory_order_relaxed);
    const bool full = shared_.connections.load(std::memory_order_relaxed) >= shared_.options.max_connections;
    const bool refuse = full && shared_.waiting.empty();
    if (full && !refuse) shared_.waiting.front()->Evict();
    if (refuse && shared_.refusing >= kMaxRefusing) {
      shared_.connections_refused.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    std::make_shared<HttpSession>(shared_, std::move(socket), refuse)->Start();
  }

  HttpShared shared_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_timer_;
  const SystemClock clock_;
  LogEvery accept_errors_log_{clock_, kAcceptLogPeriod};
  int port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() = default;

void HttpServer::Handle(absl::string_view method, absl::string_view path, Handler handler) {
  impl_->Handle(method, path, std::move(handler));
}
absl::Status HttpServer::Start() { return impl_->Start(); }
int HttpServer::port() const { return impl_->port(); }
HttpServer::Stats HttpServer::stats() const { return impl_->stats(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace tributary
