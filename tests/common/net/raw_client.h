#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace tributary {

// A TCP connection to this machine that sends exactly what it is told. Reads give up after 20 s, so that a server that
// does not answer fails a test and does not hang it.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Stops quietly when the other side does not want more.
  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void FinishSending() { shutdown(socket_, SHUT_WR); }

  // Everything until the other side closes; `closed` tells whether it did.
  std::string ReadAll(bool* closed = nullptr) {
    const bool more = ReadUntil([] { return false; });
    if (closed != nullptr) *closed = !more;
    return std::exchange(received_, "");
  }

  // One response with its body, by Content-Length. `head`: there is no body whatever the length says.
  std::string ReadResponse(bool head = false) {
    ReadUntil([&] { return absl::StrContains(received_, "\r\n\r\n"); });
    const size_t header = received_.find("\r\n\r\n") + 4;
    size_t length = 0;
    const size_t field = received_.find("Content-Length: ");
    if (!head && field < header) {
      EXPECT_TRUE(absl::SimpleAtoi(received_.substr(field + 16, received_.find('\r', field) - field - 16), &length));
    }
    ReadUntil([&] { return received_.size() >= header + length; });
    const std::string response = received_.substr(0, header + length);
    received_.erase(0, header + length);
    return response;
  }

 private:
  // False when the other side closed, or reset, first.
  template <class Done>
  bool ReadUntil(const Done& done) {
    char chunk[4096];
    while (!done()) {
      const ssize_t size = recv(socket_, chunk, sizeof chunk, 0);
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        ADD_FAILURE() << "no answer";
        return true;
      }
      if (size <= 0) return false;
      received_.append(chunk, static_cast<size_t>(size));
    }
    return true;
  }

  const int socket_;
  std::string received_;
};

}  // namespace tributary
