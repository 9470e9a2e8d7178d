#include "common/traffic/agent_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/net/file_descriptor.h"
#include "common/net/tls_client.h"
#include "common/traffic/datagram_socket.h"

namespace tributary {
namespace {

constexpr timeval kPatience{5, 0};

class DatagramAgentSocket : public AgentSocket {
 public:
  explicit DatagramAgentSocket(DatagramSocket socket) : socket_(std::move(socket)) {}
  absl::Status Send(absl::string_view payload) override { return socket_.Send(payload); }
  absl::Status Finish() override { return socket_.PendingError(); }

 private:
  DatagramSocket socket_;
};

class StreamAgentSocket : public AgentSocket {
 public:
  StreamAgentSocket(const Address& address, FileDescriptor socket)
      : address_(address), packets_(address.is_unix()), socket_(std::move(socket)) {}

  absl::Status Send(absl::string_view payload) override {
    if (!packets_) return SendAll(absl::StrCat(payload, "\n"));
    std::array<char, 4> length;
    for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<char>(payload.size() >> (8 * i) & 0xFF);
    return SendAll(absl::StrCat(absl::string_view(length.data(), length.size()), payload));
  }

  // An agent that took everything closes in good order; one that refused the stream resets it.
  absl::Status Finish() override {
    if (shutdown(socket_.number(), SHUT_WR) != 0) return Failed("end the stream to");
    char byte;
    const ssize_t read = recv(socket_.number(), &byte, 1, 0);
    return read < 0 && errno == ECONNRESET ? Failed("stream to") : absl::OkStatus();
  }

 private:
  absl::Status Failed(absl::string_view what) const {
    return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", address_.ToString()));
  }

  absl::Status SendAll(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return Failed("send to");
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return absl::OkStatus();
  }

  const Address address_;
  const bool packets_;
  FileDescriptor socket_;
};

class TlsAgentSocket : public AgentSocket {
 public:
  TlsAgentSocket(const Address& address, FileDescriptor socket, std::unique_ptr<TlsClient> tls)
      : address_(address), socket_(std::move(socket)), tls_(std::move(tls)) {}

  absl::Status Send(absl::string_view payload) override { return Named(tls_->Send(absl::StrCat(payload, "\n"))); }
  absl::Status Finish() override { return Named(tls_->Finish()); }

 private:
  absl::Status Named(const absl::Status& status) const { return Annotate(status, address_.ToString()); }

  const Address address_;
  FileDescriptor socket_;
  std::unique_ptr<TlsClient> tls_;
};

FileDescriptor NewStream(int family) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);  // bounds connect() too
  setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  return socket;
}

absl::StatusOr<FileDescriptor> ConnectUnix(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat("path too long: ", address.path));
  }
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  FileDescriptor socket = NewStream(AF_UNIX);
  if (connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("connect to ", address.ToString()));
  }
  return socket;
}

absl::StatusOr<FileDescriptor> ConnectTcp(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(absl::StrCat(address.ToString(), ": ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  absl::Status failure;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {  // "localhost" is ::1 and 127.0.0.1
    FileDescriptor socket = NewStream(at->ai_family);
    if (connect(socket.number(), at->ai_addr, at->ai_addrlen) == 0) return socket;
    failure = absl::ErrnoToStatus(errno, absl::StrCat("connect to ", address.ToString()));
  }
  return failure;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AgentSocket>> AgentSocket::Connect(const Address& address, const TlsFiles& files) {
  if (address.kind == Address::Kind::kUdp || address.kind == Address::Kind::kUnixDatagram) {
    TRIBUTARY_ASSIGN_OR_RETURN(DatagramSocket socket, DatagramSocket::Connect(address));
    return std::make_unique<DatagramAgentSocket>(std::move(socket));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, address.is_unix() ? ConnectUnix(address) : ConnectTcp(address));
  if (address.kind == Address::Kind::kTls) {
    absl::StatusOr<std::unique_ptr<TlsClient>> tls = TlsClient::Connect(socket.number(), address.host, files);
    if (!tls.ok()) return Annotate(tls.status(), absl::StrCat("connect to ", address.ToString()));
    return std::make_unique<TlsAgentSocket>(address, std::move(socket), *std::move(tls));
  }
  return std::make_unique<StreamAgentSocket>(address, std::move(socket));
}

size_t DefaultPayloadBytes(Address::Kind kind) { return kind == Address::Kind::kUdp ? 1432 : 8192; }

}  // namespace tributary
