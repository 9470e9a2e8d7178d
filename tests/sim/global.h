#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/instance_id.h"
#include "common/hash/view.h"
#include "global/merge/window_book.h"
#include "global/peer/peer_book.h"
#include "tests/sim/checker.h"
#include "tests/sim/disk.h"
#include "tests/sim/feeder.h"
#include "tests/sim/mutation.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"
#include "tests/sim/storage.h"
#include "tests/sim/truth.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary::sim {

// A global's window book with a disk that outlives it, and what global/receive does around it.
class Global : public Node {
 public:
  using Answer = std::function<void(const v1::Down&)>;
  struct Options {
    std::string id;
    WindowBookOptions book;
    Mutation mutation = Mutation::kNone;
  };
  using Storages = std::vector<std::unique_ptr<Storage>>;
  Global(Network& network, int number, Options options, Truth& truth, Checker& checker, const Storages& storages);

  // All there are, this one included. Before Start.
  using Peers = std::map<std::string, Global*>;
  void SetPeers(const Peers& peers) { peers_by_id_ = &peers; }
  void Start();
  void Kill();
  // The machine goes down: a batch under way is written or not, and what was not synced is gone.
  void LosePower();
  void LoseDisk();
  bool disk_was_lost() const { return disk_was_lost_; }
  void FillDisk(bool full) { disk_.full = full; }
  void Restart();
  // At the next of its kind: the process stops for a while, or for good, exactly there.
  enum class Point { kNone, kPauseBeforeDisk, kKillBeforeDisk, kKillAfterDisk, kKillAfterSink };
  void Arm(Point point, absl::Duration pause);
  // The storages have been told everything.
  bool fed() const;

  // A proxy's stream.
  void Open(const std::shared_ptr<Link>& link, Answer answer);
  void Receive(uint64_t link, const v1::Up& up);

  const Disk& disk() const { return disk_; }
  void CheckBooks() const;
  void SlowDisk(double min_intervals, double max_intervals) {
    disk_min_ = min_intervals;
    disk_max_ = max_intervals;
  }

 private:
  struct Session {
    std::shared_ptr<Link> link;
    Answer answer;
    std::set<InstanceId> instances;
  };

  void Tick();
  void AskPeers();
  void Ask(const std::string& peer);
  v1::PeerResponse AnswerPeer(const v1::PeerRequest& request) const;
  void HearPeer(absl::Time asked, const std::string& peer, const v1::PeerResponse& response);
  void TakePeersChanges();
  void ForgetLost();
  void MergeAsTheyCame(CommitPlan& plan) const;
  void Close(uint64_t link);
  void End();
  WindowOutputs Take(const InstanceId& instance, const v1::Up& up);
  WindowOutputs TakeHello(const InstanceId& instance, const v1::Hello& hello);
  WindowOutputs TakeView(const View& view);
  std::optional<UnitChunk> Decode(const InstanceId& instance, const v1::Block& block);
  void WelcomeProxy(const InstanceId& instance);
  void TellView(const InstanceId& proxy, const View& view);
  void Emit(WindowOutputs out);
  void Say(const InstanceId& instance, v1::Down down);
  void Commit(CommitPlan plan);
  void Write();
  void Apply(const CommitPlan& plan);
  void NoteReplays(const WindowOutputs& out);
  void NoteTakeover(WindowName window, Mark mark);

  Network& network_;
  const Options options_;
  Truth& truth_;
  Checker& checker_;
  const Storages& storages_;
  Disk disk_;
  bool disk_was_lost_ = false;
  std::vector<std::unique_ptr<Feeder>> feeders_;  // by storage
  uint64_t incarnation_ = 0;
  std::unique_ptr<WindowBook> book_;
  const Peers* peers_by_id_ = nullptr;
  std::unique_ptr<PeerBook> peers_;
  std::set<std::string> asking_;
  std::optional<CommitPlan> plan_;  // being written
  absl::Time plan_made_;
  std::set<WindowName> committed_;                        // in this life
  std::map<WindowName, std::vector<uint32_t>> arrivals_;  // numbers of chunks, while merging in that order
  Point point_ = Point::kNone;
  absl::Duration pause_;
  double disk_min_ = 0.001;
  double disk_max_ = 0.03;
  ViewHistory views_;
  std::set<InstanceId> proxies_;          // some may be gone
  std::map<uint64_t, Session> sessions_;  // by link
  std::map<InstanceId, uint64_t> route_;  // the link that last spoke for it
};

}  // namespace tributary::sim
