#include "global/copies/copy_returner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/interval.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace tributary {
namespace {

// By which the lost store's rows go to its owner alone. The same for every try, so that each goes on where the last
// was.
View ViewOf(const Member& owner, const StoreCopy::About& copy, absl::Duration interval) {
  View view;
  view.sequence = copy.store;
  view.effective_from = IntervalScale(interval).At(copy.through);
  view.members = {owner};
  return view;
}

}  // namespace

CopyReturner::CopyReturner(HeldCopies& copies, Options options, Views views, MakeHistoryPeer make_peer,
                           const Clock& clock, HandoverMetrics& metrics)
    : copies_(copies),
      options_(std::move(options)),
      views_(std::move(views)),
      make_peer_(std::move(make_peer)),
      clock_(clock),
      metrics_(metrics) {}

CopyReturner::~CopyReturner() { Stop(); }

void CopyReturner::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CopyReturner::Stop() {
  {
    MutexLock lock(mutex_);
    is_ending_ = true;
  }
  ends_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void CopyReturner::Run() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!is_ending_) ends_.WaitFor(mutex_, options_.look_every);
      if (is_ending_) return;
    }
    const std::vector<View> views = views_();
    if (views.empty()) continue;
    for (const std::shared_ptr<StoreCopy>& copy : copies_.Lost()) {
      const std::string of = copy->about().of;
      const auto& members = views.back().members;
      const auto owner =
          std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id == of; });
      if (owner == members.end()) continue;
      const absl::Status status = Return(*copy, *owner);
      if (!status.ok())
        TRIBUTARY_LOG_WARN("giving {} its lost history back: {}", of, absl::CHexEscape(status.ToString()));
    }
  }
}

absl::Status CopyReturner::Return(StoreCopy& copy, const Member& owner) {
  const StoreCopy::About about = copy.about();
  TRIBUTARY_RETURN_IF_ERROR(copy.Tend());
  TRIBUTARY_ASSIGN_OR_RETURN(const std::shared_ptr<const OpenCopy> open, copy.OpenApart());
  HistorySender::Options options;
  options.cluster = options_.cluster;
  options.node_id = absl::StrCat(about.of, "/", absl::Hex(about.store));  // no member, and not to be asked
  options.interval = options_.interval;
  options.store = about.store;
  options.until = absl::Now() + options_.timeout;
  HistorySender sender(*open->ledger, std::move(options), {}, make_peer_, clock_, metrics_);
  TRIBUTARY_RETURN_IF_ERROR(sender.Run(ViewOf(owner, about, options_.interval)));
  TRIBUTARY_LOG_INFO("{} has its lost history back", absl::CHexEscape(about.of));
  return copies_.Drop(about.store);
}

}  // namespace tributary
