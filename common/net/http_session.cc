#include "common/net/http_session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/gzip.h"

namespace tributary {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr size_t kReadBytes = 4096;
// How long a client whose request was refused may go on sending before the connection is cut: closing at once would
// reset it, and the answer could be lost on the way.
constexpr absl::Duration kDrainTime = absl::Seconds(1);

std::chrono::nanoseconds Chrono(absl::Duration duration) { return absl::ToChronoNanoseconds(duration); }

absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

absl::Status AppendFormParameters(HttpRequest& request) {
  if (!absl::StartsWithIgnoreCase(request.Header("content-type"), "application/x-www-form-urlencoded")) {
    return absl::OkStatus();
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpParameters form, ParseHttpParameters(request.body));
  request.parameters.insert(request.parameters.end(), form.begin(), form.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HttpRequest> ToHttpRequest(http::request<http::string_body>&& parsed) {
  HttpRequest request;
  request.method = parsed.method() == http::verb::head ? "GET" : std::string(View(parsed.method_string()));
  const absl::string_view target = View(parsed.target());
  const size_t question = std::min(target.find('?'), target.size());
  const auto path = PercentDecode(target.substr(0, question), /*plus_is_space=*/false);
  if (!path) return absl::InvalidArgumentError("a % in the path that no two hex digits follow");
  request.path = *path;
  const absl::string_view query = target.substr(std::min(question + 1, target.size()));
  TRIBUTARY_ASSIGN_OR_RETURN(request.parameters, ParseHttpParameters(query));
  for (const auto& field : parsed) {
    request.headers.emplace_back(absl::AsciiStrToLower(View(field.name_string())), std::string(View(field.value())));
  }
  request.body = std::move(parsed.body());
  TRIBUTARY_RETURN_IF_ERROR(AppendFormParameters(request));
  return request;
}

HttpSession::HttpSession(HttpShared& shared, asio::ip::tcp::socket socket, bool refuse)
    : shared_(shared),
      refuse_(refuse),
      stream_(std::move(socket), shared.options.tls ? shared.options.tls() : nullptr),
      handler_timer_(shared.loop) {
  shared_.sessions.insert(this);
  refuse_ ? ++shared_.refusing : shared_.connections.fetch_add(1, std::memory_order_relaxed);
}

HttpSession::~HttpSession() {
  StopWaiting();
  shared_.sessions.erase(this);
  refuse_ ? --shared_.refusing : shared_.connections.fetch_sub(1, std::memory_order_relaxed);
}

void HttpSession::Start() {
  Error ignored;
  stream_.tcp().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (const auto endpoint = stream_.tcp().socket().remote_endpoint(ignored); !ignored) peer_ = endpoint.address();
  if (refuse_) shared_.connections_refused.fetch_add(1, std::memory_order_relaxed);
  if (refuse_ && stream_.is_tls()) return;  // a handshake costs more than there is to say
  if (refuse_) return Answer(HttpResponse::Text(503, "too many connections\n"), /*keep_alive=*/false);
  stream_.is_tls() ? Handshake() : AwaitRequest();
}

void HttpSession::Handshake() {
  WaitForClient();
  stream_.tcp().expires_after(Chrono(shared_.options.handshake_timeout));
  stream_.AsyncHandshake([self = shared_from_this()](Error error) {
    if (!error) return self->AwaitRequest();
    self->shared_.handshake_failures.fetch_add(1, std::memory_order_relaxed);
    self->Note(error);
  });
}

void HttpSession::Close() {
  Error ignored;
  handler_timer_.cancel();
  stream_.tcp().socket().close(ignored);
}

void HttpSession::Evict() {
  shared_.connections_evicted.fetch_add(1, std::memory_order_relaxed);
  StopWaiting();
  Close();
}

void HttpSession::WaitForClient() {
  StopWaiting();
  if (!refuse_) place_ = shared_.waiting.insert(shared_.waiting.end(), this);
}

void HttpSession::StopWaiting() {
  if (place_) shared_.waiting.erase(*place_);
  place_.reset();
}

// The idle time ends with the first byte; from then on the request has its own time, however slowly it comes.
void HttpSession::AwaitRequest() {
  WaitForClient();
  cors_origin_.clear();
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
  parser_->body_limit(shared_.options.max_body_bytes);
  if (buffer_.size() > 0) return ReadHeader();
  stream_.tcp().expires_after(Chrono(shared_.options.idle_timeout));
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](Error error, size_t bytes) {
    if (error) return self->Note(error);
    self->buffer_.commit(bytes);
    self->ReadHeader();
  });
}

void HttpSession::ReadHeader() {
  WaitForClient();
  stream_.tcp().expires_after(Chrono(shared_.options.request_timeout));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Error error, size_t) { self->OnHeader(error); });
}

void HttpSession::OnHeader(Error error) {
  if (error) return OnReadError(error);
  if (parser_->is_done() || !absl::EqualsIgnoreCase(View(parser_->get()[http::field::expect]), "100-continue")) {
    return ReadBody();
  }
  continue_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(continue_), [self = shared_from_this()](Error write_error, size_t) {
    write_error ? self->Note(write_error) : self->ReadBody();
  });
}

void HttpSession::ReadBody() {
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
    error ? self->OnReadError(error) : self->OnRequest();
  });
}

void HttpSession::OnRequest() {
  absl::StatusOr<HttpRequest> request = ToHttpRequest(std::move(parser_->get()));
  if (!request.ok()) return Refuse(400, request.status().message());
  SetPeer(*request);
  ReadOrigin(*request);
  if (AnswersPreflight(*request)) return;
  if (shared_.options.admits && !shared_.options.admits(*request)) {
    shared_.requests_unauthorized.fetch_add(1, std::memory_order_relaxed);
    HttpResponse response = HttpResponse::Text(401, "a token is needed: Authorization: Bearer TOKEN\n");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return Answer(response, parser_->get().keep_alive());
  }
  const HttpRoutes::Match match = shared_.routes.Find(request->method, request->path);
  if (match.handler != nullptr) return Dispatch(*match.handler, *std::move(request));

  shared_.requests_refused.fetch_add(1, std::memory_order_relaxed);
  const bool unknown = match.allowed_methods.empty();
  HttpResponse response = unknown ? HttpResponse::Text(404, "no such page\n")
                                  : HttpResponse::Text(405, absl::StrCat("use ", match.allowed_methods, "\n"));
  if (!unknown) response.headers.emplace_back("Allow", match.allowed_methods);
  Answer(response, parser_->get().keep_alive());
}

void HttpSession::ReadOrigin(const HttpRequest& request) {
  const absl::string_view origin = request.Header("origin");
  if (origin.empty()) return;
  for (const std::string& allowed : shared_.options.cors_origins) {
    if (allowed == "*" || allowed == origin) cors_origin_ = allowed;
  }
}

// It carries no token: what it is told is no secret, and the request that follows needs one.
bool HttpSession::AnswersPreflight(const HttpRequest& request) {
  if (cors_origin_.empty() || request.method != "OPTIONS") return false;
  HttpResponse response;
  response.headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                      {"Access-Control-Allow-Headers", "Accept, Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"}};
  Answer(response, parser_->get().keep_alive());
  return true;
}

void HttpSession::Dispatch(const HttpHandler& handler, HttpRequest request) {
  if (shared_.in_work >= shared_.options.max_connections) return Refuse(503, "too many requests in work");
  ++shared_.in_work;
  StopWaiting();
  shared_.requests.fetch_add(1, std::memory_order_relaxed);
  stream_.tcp().expires_never();
  const uint64_t number = current_request_.fetch_add(1, std::memory_order_relaxed) + 1;
  handler_timer_.expires_after(Chrono(shared_.options.handler_timeout));
  handler_timer_.async_wait([self = shared_from_this(), number](Error error) {
    if (!error) self->OnHandlerTimeout(number);
  });
  // The session goes along and comes back, so that it always ends on the loop's thread.
  asio::post(*shared_.handlers, [self = shared_from_this(), number, &handler, request = std::move(request)]() mutable {
    HttpSession& session = *self;
    const bool awaited = session.current_request_.load(std::memory_order_relaxed) == number;
    HttpResponse response = awaited ? session.Run(handler, request) : HttpResponse();
    asio::post(session.shared_.loop, [back = std::move(self), number, response = std::move(response)]() mutable {
      back->OnHandled(number, std::move(response));
    });
  });
}

// An IPv4 client of a socket for both is ::ffff:10.0.0.1 to the kernel.
void HttpSession::SetPeer(HttpRequest& request) const {
  if (peer_.is_unspecified()) return;
  const bool mapped = peer_.is_v6() && peer_.to_v6().is_v4_mapped();
  const asio::ip::address peer = mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, peer_.to_v6()) : peer_;
  request.peer = peer.to_string();
  request.peer_is_loopback = peer.is_loopback();
}

HttpResponse HttpSession::Run(const HttpHandler& handler, const HttpRequest& request) {
  std::string what = "unknown exception";
  try {
    HttpResponse response = handler(request);
    Compress(request, response);
    return response;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  shared_.handler_failures.fetch_add(1, std::memory_order_relaxed);
  TRIBUTARY_LOG_ERROR("{} {} failed: {}", absl::CHexEscape(request.method), absl::CHexEscape(request.path), what);
  return HttpResponse::Text(500, "internal error\n");
}

void HttpSession::Compress(const HttpRequest& request, HttpResponse& response) const {
  const auto is_set = [&response](absl::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [name](const auto& header) { return absl::EqualsIgnoreCase(header.first, name); });
  };
  if (response.body.size() < shared_.options.gzip_min_bytes || is_set("Content-Encoding")) return;
  if (!is_set("Vary")) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request.Header("accept-encoding"))) return;
  std::optional<std::string> packed = Gzip(response.body);
  if (!packed) return;
  response.body = *std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

void HttpSession::OnHandled(uint64_t number, HttpResponse response) {
  --shared_.in_work;
  if (current_request_.load(std::memory_order_relaxed) != number || !stream_.tcp().socket().is_open()) return;
  handler_timer_.cancel();
  Answer(std::move(response), parser_->get().keep_alive());
}

void HttpSession::OnHandlerTimeout(uint64_t number) {
  if (!current_request_.compare_exchange_strong(number, number + 1, std::memory_order_relaxed)) return;
  shared_.timeouts.fetch_add(1, std::memory_order_relaxed);
  Answer(HttpResponse::Text(503, "this took too long\n"), /*keep_alive=*/false);
}

void HttpSession::Refuse(int status, absl::string_view why) {
  shared_.requests_refused.fetch_add(1, std::memory_order_relaxed);
  Answer(HttpResponse::Text(status, absl::StrCat(why, "\n")), /*keep_alive=*/false);
}

void HttpSession::Answer(HttpResponse response, bool keep_alive) {
  const bool parsed = parser_ && parser_->is_header_done();
  const bool head = parsed && parser_->get().method() == http::verb::head;
  answer_ = {};
  answer_.result(static_cast<unsigned>(response.status));
  answer_.version(parsed ? parser_->get().version() : 11);
  answer_.keep_alive(keep_alive);
  answer_.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) answer_.insert(name, value);
  if (!cors_origin_.empty()) {
    answer_.set(http::field::access_control_allow_origin, cors_origin_);
    answer_.insert(http::field::vary, "Origin");
  }
  answer_.content_length(response.body.size());
  if (!head) answer_.body() = std::move(response.body);
  stream_.tcp().expires_after(Chrono(shared_.options.request_timeout));
  WaitForClient();
  http::async_write(stream_, answer_, [self = shared_from_this(), keep_alive](Error error, size_t) {
    if (error) return self->Note(error);
    keep_alive ? self->AwaitRequest() : self->FinishClosing();
  });
}

void HttpSession::FinishClosing() {
  stream_.tcp().expires_after(Chrono(kDrainTime));
  if (!stream_.is_tls()) return CloseForWriting();
  stream_.AsyncGoodbye([self = shared_from_this()](Error) { self->CloseForWriting(); });
}

void HttpSession::CloseForWriting() {
  Error ignored;
  stream_.tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  Drain();
}

void HttpSession::Drain() {
  buffer_.clear();
  stream_.tcp().async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](Error error, size_t) {
    if (!error) self->Drain();
  });
}

void HttpSession::OnReadError(Error error) {
  if (error == http::error::end_of_stream) return;
  if (error == http::error::header_limit) return Refuse(431, "the header is too large");
  if (error == http::error::body_limit) return Refuse(413, "the body is too large");
  if (error.category() == make_error_code(http::error::bad_method).category()) return Refuse(400, error.message());
  Note(error);
}

void HttpSession::Note(Error error) {
  if (error == beast::error::timeout) shared_.timeouts.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tributary
