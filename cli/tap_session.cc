#include "cli/tap_session.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {

TapSession::TapSession(const Options& options)
    : api_("agent", options.agent, "--agent or TRIBUTARY_AGENT_HTTP"),
      open_path_(absl::StrCat("/api/v1/tap?match=", PercentEncode(options.match), "&rate=", options.rate,
                              "&rejected=", options.rejected)) {}

absl::StatusOr<TapBatch> TapSession::Poll() {
  absl::StatusOr<std::string> body =
      id_.empty() ? api_.Get(open_path_) : api_.Get(absl::StrCat("/api/v1/tap?id=", PercentEncode(id_)));
  if (!id_.empty() && absl::IsNotFound(body.status())) body = api_.Get(open_path_);
  TRIBUTARY_RETURN_IF_ERROR(body.status());
  TRIBUTARY_ASSIGN_OR_RETURN(TapBatch batch, ParseTapBatch(*body));
  id_ = batch.id;
  return batch;
}

}  // namespace tributary
