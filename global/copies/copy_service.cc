#include "global/copies/copy_service.h"

#include "absl/cleanup/cleanup.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/wire/messages.h"

namespace tributary {

grpc::Status CopyService::Admit(absl::FunctionRef<absl::Status()> run) {
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  if (!admitted) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many copies at once"};
  return ToGrpcStatus(run());
}

absl::Status CopyService::CheckBegin(const v1::CopyBegin& begin) const {
  const auto interval_ms = static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.interval));
  if (begin.cluster() != options_.cluster) return absl::FailedPreconditionError("of another cluster");
  if (begin.interval_ms() != interval_ms) return absl::FailedPreconditionError("of another interval");
  if (begin.of() == options_.node_id) return absl::FailedPreconditionError("this global's own store");
  const bool is_named = !begin.of().empty() && begin.of().size() <= kMaxLabelBytes && begin.store() != 0;
  return is_named ? absl::OkStatus() : absl::InvalidArgumentError("whose store?");
}

grpc::Status CopyService::Begin(grpc::ServerContext*, const v1::CopyBegin* begin, v1::CopyReply* reply) {
  return Admit([&] {
    TRIBUTARY_RETURN_IF_ERROR(CheckBegin(*begin));
    TRIBUTARY_ASSIGN_OR_RETURN(const StoreCopy::About about, copies_.Begin(begin->store(), begin->of()));
    reply->set_cursor(about.cursor);
    return absl::OkStatus();
  });
}

grpc::Status CopyService::Apply(grpc::ServerContext*, const v1::CopyChunk* chunk, v1::CopyReply* reply) {
  return Admit([&] {
    TRIBUTARY_RETURN_IF_ERROR(copies_.Apply(*chunk));
    reply->set_cursor(chunk->cursor());
    return absl::OkStatus();
  });
}

grpc::Status CopyService::Announce(grpc::ServerContext*, const v1::CopyBegin* begin, v1::CopyReply*) {
  return Admit([&] {
    TRIBUTARY_RETURN_IF_ERROR(CheckBegin(*begin));
    copies_.Announce(begin->store(), begin->of());
    return absl::OkStatus();
  });
}

grpc::Status CopyService::Drop(grpc::ServerContext*, const v1::CopyDrop* drop, v1::CopyReply*) {
  return Admit([&] { return copies_.Drop(drop->store()); });
}

}  // namespace tributary
