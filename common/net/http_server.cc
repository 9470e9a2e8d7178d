#include "common/net/http_server.h"

#include <pthread.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/net/address.h"
#include "common/net/http_session.h"

namespace tributary {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kMaxRefusing = 64;  // connections over the limit that are told so; more are just closed
constexpr std::chrono::milliseconds kAcceptPause{100};  // after an error, such as no file descriptors left

absl::StatusOr<tcp::endpoint> ResolveListener(const Address& address, asio::io_context& loop) {
  const auto port = static_cast<unsigned short>(address.port);
  if (address.host.empty()) return tcp::endpoint(tcp::v4(), port);
  error_code error;
  const auto found = tcp::resolver(loop).resolve(address.host, std::to_string(port), error);
  if (error) return absl::InvalidArgumentError(error.message());
  return found.begin()->endpoint();
}

absl::Status Bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return absl::OkStatus();
  error_code ignored;
  acceptor.close(ignored);
  return absl::UnavailableError(error.message());
}

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
    TRIBUTARY_RETURN_IF_ERROR(Annotate(Listen(), absl::StrCat("listen on ", shared_.options.address)));
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
            .requests = value(shared_.requests),
            .requests_refused = value(shared_.requests_refused),
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
    TRIBUTARY_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ResolveListener(address, shared_.loop));
    TRIBUTARY_RETURN_IF_ERROR(Bind(acceptor_, endpoint));
    port_ = acceptor_.local_endpoint().port();
    return absl::OkStatus();
  }

  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater();
      Admit(std::move(socket));
      Accept();
    });
  }

  void AcceptLater() {
    accept_timer_.expires_after(kAcceptPause);
    accept_timer_.async_wait([this](error_code) { Accept(); });
  }

  void Admit(tcp::socket socket) {
    shared_.connections_accepted.fetch_add(1, std::memory_order_relaxed);
    const bool refuse = shared_.connections.load(std::memory_order_relaxed) >= shared_.options.max_connections;
    if (refuse && shared_.refusing >= kMaxRefusing) {
      shared_.connections_refused.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    std::make_shared<HttpSession>(shared_, std::move(socket), refuse)->Start();
  }

  HttpShared shared_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_timer_;
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
