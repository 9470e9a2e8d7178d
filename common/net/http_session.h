#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <memory>
#include <optional>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "common/net/http_routes.h"
#include "common/net/http_server.h"
#include "common/net/http_stream.h"

namespace tributary {

class HttpSession;

// What the connections of one HttpServer share. Only http_*.cc include this. The loop's thread owns what is not atomic.
struct HttpShared {
  const HttpServer::Options options;
  HttpRoutes routes = {};  // unchanged once started

  std::atomic<uint64_t> connections{0};
  std::atomic<uint64_t> connections_accepted{0};
  std::atomic<uint64_t> connections_refused{0};
  std::atomic<uint64_t> connections_evicted{0};
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> requests_refused{0};
  std::atomic<uint64_t> requests_unauthorized{0};
  std::atomic<uint64_t> handshake_failures{0};
  std::atomic<uint64_t> timeouts{0};
  std::atomic<uint64_t> handler_failures{0};

  std::unordered_set<HttpSession*> sessions = {};
  std::list<HttpSession*> waiting = {};  // for their clients, the longest first
  size_t refusing = 0;                   // sessions that only say 503
  size_t in_work = 0;                    // requests with the handlers, those nobody waits for any more included

  // Last, and in this order: both hold sessions, which use all of the above as they end.
  boost::asio::io_context loop{1};
  std::unique_ptr<boost::asio::thread_pool> handlers = {};
};

// One connection: reads a request, has it handled, writes the answer, and again while the client keeps it alive.
// Owned by the operations under way, on the loop's thread; while a handler works, by that too.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpShared& shared, boost::asio::ip::tcp::socket socket, bool refuse);
  ~HttpSession();

  void Start();
  void Close();
  // To make room for another.
  void Evict();

 private:
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void Handshake();
  void AwaitRequest();
  void ReadHeader();
  void OnHeader(Error error);
  void ReadBody();
  void OnRequest();
  void Dispatch(const HttpHandler& handler, HttpRequest request);
  HttpResponse Run(const HttpHandler& handler, const HttpRequest& request);
  void Compress(const HttpRequest& request, HttpResponse& response) const;
  // Notes which origin may read the answer; answers the question a browser asks before it sends a request.
  void ReadOrigin(const HttpRequest& request);
  bool AnswersPreflight(const HttpRequest& request);
  void SetPeer(HttpRequest& request) const;
  void OnHandled(uint64_t number, HttpResponse response);
  void OnHandlerTimeout(uint64_t number);

  void Refuse(int status, absl::string_view why);
  void Answer(HttpResponse response, bool keep_alive);
  // From now on it is the client's turn, until StopWaiting.
  void WaitForClient();
  void StopWaiting();
  void FinishClosing();
  void CloseForWriting();
  void Drain();
  void OnReadError(Error error);
  // Counts a timeout if it is one.
  void Note(Error error);

  HttpShared& shared_;
  const bool refuse_;
  HttpStream stream_;
  boost::asio::ip::address peer_;  // unspecified when it was gone at once
  boost::asio::steady_timer handler_timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  boost::beast::http::response<boost::beast::http::string_body> answer_;
  std::string continue_;
  std::string cors_origin_;  // of the request, as the answer names it; empty: none that may read it
  std::optional<std::list<HttpSession*>::iterator> place_;  // in HttpShared::waiting
  // The request being handled, counted from 1; a handler whose number has passed works for nobody.
  std::atomic<uint64_t> current_request_{0};
};

// A parsed request as handlers see it; the error is the client's.
absl::StatusOr<HttpRequest> ToHttpRequest(boost::beast::http::request<boost::beast::http::string_body>&& parsed);

}  // namespace tributary
