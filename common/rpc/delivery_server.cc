#include "common/rpc/delivery_server.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <future>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/net/address.h"
#include "common/net/connection_acceptor.h"
#include "common/net/socket_address.h"
#include "common/net/tcp_listener.h"
#include "common/rpc/channel.h"
#include "common/rpc/instance_bindings.h"
#include "common/rpc/loop_gate.h"
#include "tributary/v1/delivery.grpc.pb.h"

namespace tributary {

namespace {

constexpr size_t kMessageOverheadBytes = 128;  // of the queue itself, so that small messages are bounded too
// A connection serves one agent, or one proxy with its stream and its queries.
constexpr int kMaxStreamsPerConnection = 128;
constexpr int kMaxMetadataBytes = 16 << 10;
// Of all connections together, in gRPC's own buffers: beyond, it closes idle ones and reads no further.
constexpr size_t kMaxBufferBytes = 1u << 30;
constexpr int kMaxThreads = 128;  // of gRPC, for calls that are served one thread each: queries
// A connection that does not speak HTTP/2 by then, or has had no stream for so long, is closed.
constexpr int kHandshakeMilliseconds = 10'000;
constexpr int kMaxIdleMilliseconds = 300'000;
// A message beyond its bound is refused by gRPC: its stream ends unread.
constexpr absl::Duration kLoopPatience = absl::Seconds(1);  // at shutdown, with a loop that is stopped or stuck

// Answers a stream that is one too many.
class RefusedStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& why) { Finish(why); }
  void OnDone() override { delete this; }
};

class Server;

// gRPC tells a message that it cannot decode and the end of a stream by the same word. So messages come and go as
// bytes.
using RawService = v1::DeliveryService::WithRawCallbackMethod_Deliver<v1::DeliveryService::Service>;
using UpTraits = grpc::SerializationTraits<v1::Up>;
using DownTraits = grpc::SerializationTraits<v1::Down>;

// One agent's or proxy's stream. It keeps itself alive until gRPC and the loop are done with it; Finish is called
// once, on the loop, after which no operation is started.
class ServerSession : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                      public DeliveryServer::Session,
                      public std::enable_shared_from_this<ServerSession> {
 public:
  ServerSession(Server& server, std::string peer, std::string uri)
      : server_(server), peer_(std::move(peer)), uri_(std::move(uri)) {}

  // On gRPC's threads.
  void Begin();
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { Tell(ok ? &ServerSession::HandleWritten : &ServerSession::HandleBroken); }
  void OnCancel() override { Tell(&ServerSession::HandleBroken); }
  void OnDone() override;

  // On the loop.
  bool Send(v1::Down message) override;
  void Close() override;
  size_t queued_bytes() const override { return queued_bytes_; }
  const std::string& peer() const override { return peer_; }
  // Ends it when it was silent at the last sweep as well.
  void HandleSweep();

 private:
  void Tell(void (ServerSession::*event)());
  void HandleOpen();
  void HandleMessage();
  void HandleUndecodable();
  void HandleWritten();
  void HandleBroken();
  // Counts why a stream that is still open ends.
  void Refuse(std::atomic<uint64_t> RpcRefusals::*reason);
  void End(const grpc::Status& status);
  void HandleDone();
  void WriteNext();

  Server& server_;
  const std::string peer_;
  const std::string uri_;  // of the peer's certificate; empty in plaintext
  std::shared_ptr<ServerSession> self_;
  bool heard_ = false;      // any message
  bool suspected_ = false;  // of having nothing to say
  grpc::ByteBuffer incoming_bytes_;
  v1::Up incoming_;
  grpc::ByteBuffer outgoing_bytes_;
  std::deque<std::pair<v1::Down, size_t>> queue_;  // with their bytes
  size_t queued_bytes_ = 0;                        // of queue_ and of the message being written
  size_t writing_bytes_ = 0;                       // 0: none is being written
  bool open_ = false;                              // between on_open and on_close
  bool closing_ = false;                           // nothing more is queued
  bool finished_ = false;
};

class Server : public DeliveryServer, private RawService {
 public:
  Server(EventLoop& loop, Options options, Callbacks callbacks)
      : options_(std::move(options)), callbacks_(std::move(callbacks)), gate_(std::make_shared<LoopGate>(loop)) {}
  ~Server() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Listen(const std::vector<grpc::Service*>& more_services);
  absl::Status Serve(FileDescriptor listener, const std::vector<grpc::Service*>& more_services);
  // Time and again, on the loop.
  void Sweep();
  int port() const override { return port_; }
  size_t connections() const override { return acceptor_->connections(); }
  // Whether the certificate's owner may send this; false is counted. On the loop.
  bool MaySpeakFor(const v1::Up& message, const std::string& uri);
  void EndSessions() override;
  void Shutdown(absl::Duration grace) override;

 private:
  friend class ServerSession;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Deliver(grpc::CallbackServerContext* context) override;

  const Options options_;
  const Callbacks callbacks_;
  const std::shared_ptr<LoopGate> gate_;
  int port_ = 0;
  std::atomic<size_t> session_count_{0};
  std::atomic<bool> refuses_{false};   // new sessions
  std::set<ServerSession*> sessions_;  // the open ones; owned by the loop
  InstanceBindings bindings_;          // owned by the loop
  bool shutting_down_ = false;         // owned by the loop
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> server_door_;  // of connections that are accepted
  std::unique_ptr<ConnectionAcceptor> acceptor_;                                 // last: it uses the others
};

void ServerSession::Begin() {
  self_ = shared_from_this();
  StartSendInitialMetadata();  // tells the client that the stream is open
  Tell(&ServerSession::HandleOpen);
}

void ServerSession::OnReadDone(bool ok) {
  if (!ok) return Tell(&ServerSession::HandleBroken);
  const bool decoded = UpTraits::Deserialize(&incoming_bytes_, &incoming_).ok();
  Tell(decoded ? &ServerSession::HandleMessage : &ServerSession::HandleUndecodable);
}

void ServerSession::OnDone() {
  Tell(&ServerSession::HandleDone);
  self_.reset();
}

void ServerSession::Tell(void (ServerSession::*event)()) {
  server_.gate_->Post([session = shared_from_this(), event] { (session.get()->*event)(); });
}

void ServerSession::HandleOpen() {
  if (finished_) return;
  open_ = true;
  server_.sessions_.insert(this);
  server_.callbacks_.on_open(*this);
  if (server_.shutting_down_) Close();
  if (!finished_) StartRead(&incoming_bytes_);
}

void ServerSession::HandleMessage() {
  if (!open_) return;
  heard_ = true;
  if (!server_.MaySpeakFor(incoming_, uri_)) {
    return End(grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "the instance is another certificate's"));
  }
  server_.callbacks_.on_message(*this, std::exchange(incoming_, v1::Up()));
  if (!finished_) StartRead(&incoming_bytes_);
}

void ServerSession::HandleUndecodable() {
  Refuse(&RpcRefusals::undecodable);
  End(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not a message of this service"));
}

// By the peer, or because this side closes.
void ServerSession::HandleBroken() {
  if (!heard_) Refuse(&RpcRefusals::unread);
  End(grpc::Status::OK);
}

void ServerSession::Refuse(std::atomic<uint64_t> RpcRefusals::*reason) {
  if (!closing_) ((*server_.options_.refusals).*reason).fetch_add(1, std::memory_order_relaxed);
}

void ServerSession::HandleWritten() {
  queued_bytes_ -= std::exchange(writing_bytes_, 0);
  WriteNext();
}

void ServerSession::End(const grpc::Status& status) {
  closing_ = true;
  if (!std::exchange(finished_, true)) Finish(status);
}

void ServerSession::HandleDone() {
  closing_ = true;
  finished_ = true;
  server_.session_count_.fetch_sub(1);
  if (!std::exchange(open_, false)) return;
  server_.sessions_.erase(this);
  server_.callbacks_.on_close(*this);
}

void ServerSession::HandleSweep() {
  if (heard_ || !std::exchange(suspected_, true)) return;
  Refuse(&RpcRefusals::silent);
  End(grpc::Status::OK);
}

bool ServerSession::Send(v1::Down message) {
  const size_t bytes = message.ByteSizeLong() + kMessageOverheadBytes;
  if (closing_ || queued_bytes_ + bytes > server_.options_.max_queued_bytes) return false;
  queued_bytes_ += bytes;
  queue_.emplace_back(std::move(message), bytes);
  WriteNext();
  return true;
}

void ServerSession::Close() {
  closing_ = true;
  WriteNext();
}

void ServerSession::WriteNext() {
  if (finished_ || writing_bytes_ > 0) return;
  if (queue_.empty()) {
    if (closing_) HandleBroken();
    return;
  }
  writing_bytes_ = queue_.front().second;
  bool own_buffer = false;
  outgoing_bytes_.Clear();
  TRIBUTARY_CHECK(DownTraits::Serialize(queue_.front().first, &outgoing_bytes_, &own_buffer).ok());
  queue_.pop_front();
  StartWrite(&outgoing_bytes_);
}

absl::Status Server::Listen(const std::vector<grpc::Service*>& more_services) {
  TRIBUTARY_ASSIGN_OR_RETURN(const Address address, ParseAddress(options_.listen));
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor listener, ListenTcp(address));
  return Serve(std::move(listener), more_services);
}

absl::Status Server::Serve(FileDescriptor listener, const std::vector<grpc::Service*>& more_services) {
  grpc::ServerBuilder builder;
  const auto credentials = options_.trust == nullptr ? grpc::InsecureServerCredentials() : options_.trust->ForServer();
  using Connections = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  server_door_ = builder.experimental().AddExternalConnectionAcceptor(Connections::FROM_FD, credentials);
  builder.RegisterService(static_cast<RawService*>(this));
  for (grpc::Service* service : more_services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("rpc").Resize(kMaxBufferBytes).SetMaxThreads(kMaxThreads));
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);  // payloads have a codec of their own
  }
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMilliseconds);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC does not start");
  port_ = SocketAddress::OfSocket(listener.number()).port();
  acceptor_ = std::make_unique<ConnectionAcceptor>(
      std::move(listener),
      ConnectionAcceptor::Options{.max_connections = options_.max_connections, .refusals = options_.refusals},
      [this, listening = listener.number()](FileDescriptor connection) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
        parameters.listener_fd = listening;
        parameters.fd = connection.number();
        connection.Release();
        server_door_->HandleNewConnection(&parameters);
      });
  gate_->Post([this] { Sweep(); });
  return absl::OkStatus();
}

void Server::Sweep() {
  for (ServerSession* session : sessions_) session->HandleSweep();
  gate_->RunAfter(options_.first_message_timeout, [this] { Sweep(); });
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Server::Deliver(grpc::CallbackServerContext* context) {
  if (refuses_) return new RefusedStream(grpc::Status(grpc::StatusCode::UNAVAILABLE, "leaving"));
  if (session_count_.fetch_add(1) >= options_.max_connections) {
    session_count_.fetch_sub(1);
    options_.refusals->sessions.fetch_add(1, std::memory_order_relaxed);
    return new RefusedStream(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many sessions"));
  }
  const auto session = std::make_shared<ServerSession>(*this, context->peer(), PeerUri(*context->auth_context()));
  session->Begin();
  return session.get();
}

bool Server::MaySpeakFor(const v1::Up& message, const std::string& uri) {
  if (!options_.bind_instances || options_.trust == nullptr) return true;
  const bool buries_another = message.has_hello() && bindings_.IsOfAnother(message.hello().supersedes(), uri);
  if (!buries_another && bindings_.Admit(message.instance(), uri)) return true;
  options_.trust->refusals().instance.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Server::EndSessions() {
  refuses_ = true;
  gate_->Post([this] {
    shutting_down_ = true;
    const std::set<ServerSession*> open = sessions_;
    for (ServerSession* session : open) session->Close();
  });
}

void Server::Shutdown(absl::Duration grace) {
  if (acceptor_ == nullptr || server_ == nullptr) return;
  acceptor_->Stop();
  EndSessions();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  // The last on_close are posted by now.
  const auto told = std::make_shared<std::promise<void>>();
  gate_->Post([told] { told->set_value(); });
  told->get_future().wait_for(absl::ToChronoNanoseconds(kLoopPatience));
  gate_->Close();
  server_.reset();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeliveryServer>> DeliveryServer::Start(EventLoop& loop, Options options,
                                                                      Callbacks callbacks,
                                                                      std::vector<grpc::Service*> more_services) {
  auto server = std::make_unique<Server>(loop, std::move(options), std::move(callbacks));
  if (const absl::Status status = server->Listen(more_services); !status.ok()) {
    return Annotate(status, "gRPC server");
  }
  return std::unique_ptr<DeliveryServer>(std::move(server));
}

}  // namespace tributary
