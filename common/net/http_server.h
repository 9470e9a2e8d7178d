#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/http_message.h"
#include "common/net/http_routes.h"
#include "common/net/inherited_sockets.h"
#include "common/net/tls_files.h"

namespace tributary {

// Serves HTTP/1.1, or HTTPS, to operators, scrapers and Grafana: one thread for the sockets, a few for the handlers, so
// that a slow handler delays no other connection.
//
// Bounds:  connections, header and body bytes, and time: see Options. At most max_connections requests are with the
//          handlers. What goes over is answered (503, 431, 413) or, when it is too slow, closed; and counted in Stats.
//          One connection more than max_connections takes the place of the one whose client keeps us waiting for the
//          longest time, so that idle clients and slow ones shut nobody out.
// Errors:  unknown path 404, wrong method 405, unreadable request 400, a handler that throws 500.
// Threads: thread-safe once started; handlers run on several threads at once.
class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1:0";    // "host:port"; port 0 takes any free one
    InheritedSockets* inherited = nullptr;  // Start takes the socket from here if it is there
    int handler_threads = 4;
    size_t max_connections = 256;
    size_t max_header_bytes = 16 << 10;
    size_t max_body_bytes = 1 << 20;
    absl::Duration idle_timeout = absl::Seconds(30);     // between requests
    absl::Duration request_timeout = absl::Seconds(30);  // for a request to arrive whole, and for an answer to be taken
    // Of the certificate for a new connection; null: plaintext. On the server's thread, quickly.
    std::function<SslContextPtr()> tls = nullptr;
    absl::Duration handshake_timeout = absl::Seconds(10);
    // Whether a request may be answered at all; others get 401. Null: all may. On the server's thread, quickly.
    std::function<bool(const HttpRequest&)> admits = nullptr;
    // Origins whose pages a browser lets read the answers (CORS): "https://grafana.example", or "*" for all. None: as
    // if there were no such thing.
    std::vector<std::string> cors_origins = {};
    size_t gzip_min_bytes = 1024;                       // a smaller body is not compressed for clients that take gzip
    absl::Duration handler_timeout = absl::Minutes(2);  // then the client gets 503; the handler's own result is dropped
  };

  struct Stats {
    uint64_t connections = 0;            // open now
    uint64_t connections_accepted = 0;   // and the following: since the start
    uint64_t connections_refused = 0;    // over max_connections, all of them with the handlers
    uint64_t connections_evicted = 0;    // closed while we waited for their clients, to make room
    uint64_t requests = 0;               // handed to a handler
    uint64_t requests_refused = 0;       // answered 4xx by the server itself
    uint64_t requests_unauthorized = 0;  // answered 401
    uint64_t handshake_failures = 0;     // of TLS
    uint64_t timeouts = 0;               // idle, slow, or a handler that took too long
    uint64_t handler_failures = 0;       // exceptions
  };

  using Handler = HttpHandler;

  explicit HttpServer(Options options);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before Start. `path` is exact, or a prefix when it ends in '*' ("/api/v1/label/*"); exact ones win, then the
  // longest prefix. GET serves HEAD too.
  void Handle(absl::string_view method, absl::string_view path, Handler handler);

  // Binds, listens and serves. The error names the address.
  absl::Status Start();
  // The port that is listened on; 0 before Start.
  int port() const;
  Stats stats() const;

  // Closes the listener and every connection, and waits for handlers that are running. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
