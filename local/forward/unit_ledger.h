#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/view.h"
#include "local/flush/unit_receiver.h"
#include "local/forward/block_name.h"
#include "local/forward/marker_log.h"
#include "local/forward/retain_ring.h"
#include "local/forward/unit_spool.h"
#include "local/shard/sample_counts.h"

namespace tributary {

// Why the ledger gave samples up.
enum class UnitDrop {
  kForwardMemory,
  kInvalid,
  kTooOld,
  kConflict,
  kSpoolBound,  // deleted with the oldest segment
  kSpoolLost,   // unreadable; or the process that had it in memory was killed
};
inline constexpr int kUnitDrops = 6;
const char* UnitDropName(UnitDrop reason);

// The books of a ledger: samples accepted = committed + the sum of dropped + pending.
struct UnitCounts {
  uint64_t units_closed = 0;
  uint64_t units_sent = 0;  // again counts again
  uint64_t payload_bytes_sent = 0;
  uint64_t units_received = 0;
  uint64_t units_committed = 0;
  uint64_t units_dropped = 0;
  uint64_t samples_accepted = 0;
  uint64_t samples_inherited = 0;  // of the accepted: what a dead instance has left
  uint64_t samples_committed = 0;
  std::array<uint64_t, kUnitDrops> samples_dropped{};
  uint64_t samples_pending = 0;
  uint64_t samples_spooled = 0;  // of the pending: on disk only
  uint64_t pending_bytes = 0;    // in memory
  uint64_t spooled_bytes = 0;    // on disk only
  friend bool operator==(const UnitCounts&, const UnitCounts&) = default;
};

// The agent's side of the delivery protocol (docs/architecture.md, docs/wire.md): it keeps each closed block until the
// owner has committed it, and says what to send when. No threads, sockets, clocks or hash order: the same inputs at
// the same times give the same outputs, in production and in the simulator.
//
//   HELD -time-> READY -Next-> SENT -Received-> RECEIVED -Committed-> retained, then forgotten
//     ^           ^             |  |               |
//     |           '-Welcome, loss, 3 intervals-----'-new incarnation, 30 intervals
//     '-----------BUSY, TOO_NEW'
//
// Lanes:   blocks of the newest intervals are sent first; older ones follow, oldest first, within a share of the
//          credit.
// Spool:   with one, groups of the oldest blocks go to disk when memory is full, or every block before it is sent. A
//          group leaves memory whole, comes back whole when there is room, and is forgotten when all of it is
//          committed (unit_groups.cc).
// Bounds:  memory_bytes of blocks not committed: beyond, the oldest that no owner can have go to disk, or are dropped;
//          retain_bytes twice of committed ones (kept, and being sent again for a Pull).
// Threads: thread-compatible.
class UnitLedger {
 public:
  struct Options {
    std::string cluster;
    std::string host;
    InstanceId instance;
    InstanceId supersedes;  // empty: none known, or not known to be finished: see Supersede
    absl::Duration interval = absl::Seconds(10);
    IntervalIndex first_interval = 0;
    size_t memory_bytes = 64u << 20;
    size_t retain_bytes = 8u << 20;
    size_t retain_disk_bytes = 256u << 20;
    absl::Duration retain_age = absl::Minutes(10);
    bool spool_always = false;  // every block, before it is sent; else only what memory has no room for
  };
  // `spool` outlives it; null: none.
  explicit UnitLedger(Options options, UnitSpool* spool = nullptr);

  // Before anything else: goes on where a dead instance, whose name and spool these are, has ended. It closes nothing.
  void Inherit(absl::Time now, const Legacy& legacy);

  // Every interval, also an empty one, in order.
  void Close(absl::Time now, ClosedInterval closed);
  void StreamOpened(absl::Time now);
  void StreamClosed(absl::Time now);
  // REQUIRES: Validate(down) is OK.
  void Receive(absl::Time now, const v1::Down& down);

  // The next message to send, if there is one now: call it until there is none, after each input and as time passes.
  std::optional<v1::Up> Next(absl::Time now);

  // Nothing waits for its turn any more.
  void Hurry(absl::Time now);
  // Next ends with it, once there is nothing else to send.
  void SayGoodbye(IntervalIndex final_interval);
  // `instance` is dead, and everything it has left is delivered.
  void Supersede(const InstanceId& instance);
  // Puts to disk what is not committed, for a successor. What does not fit stays pending in memory.
  void SpillAll(IntervalIndex final_interval);
  // Everything is committed, or dropped, and every member has every marker.
  bool drained() const;

  const UnitCounts& counts() const { return counts_; }
  const ViewHistory& views() const { return views_; }

 private:
  enum class State { kHeld, kReady, kSent, kReceived };
  struct Owner {
    std::optional<uint64_t> incarnation;
    uint64_t credit_bytes = kDefaultCreditBytes;
    uint64_t sent_bytes = 0;                         // of blocks in kSent
    uint64_t sent_old_bytes = 0;                     // of these, in the backfill lane
    absl::Time closed_until = absl::InfinitePast();  // nothing is sent to it before
    bool is_member = false;                          // of the newest view
    bool is_known = true;                            // in some view
    std::set<BlockName> ready;
  };
  struct Entry {
    v1::Block block;
    Owner* owner = nullptr;  // READY: to be asked; SENT: was asked; RECEIVED: has it
    State state = State::kHeld;
    absl::Time deadline = absl::InfiniteFuture();  // when the state ends by itself
    bool was_committed = false;                    // sent again for a Pull; no longer counted
    int unanswered = 0;                            // times it was sent and may have reached an owner
    bool sent_old = false;                         // in the backfill lane, the last time
    GroupId group = 0;                             // it is on disk too; 0: it is not
  };
  // On disk.
  struct Group {
    IntervalIndex interval = 0;   // the oldest in it
    bool in_memory = false;       // those that are not finished are entries too
    uint64_t block_count = 0;     // not finished
    uint64_t sample_count = 0;    // of these
    uint64_t finished_count = 0;  // samples of the others
    uint64_t bytes = 0;           // as counted in memory
    std::set<BlockName> finished;
  };
  using Entries = std::map<BlockName, Entry>;

  static constexpr uint64_t kDefaultCreditBytes = 1u << 20;
  static constexpr int kUnansweredIntervals = 3;      // for Received, and for an owner that is not there
  static constexpr IntervalIndex kLiveIntervals = 2;  // behind the newest: what is older is backfill
  static constexpr uint64_t kBackfillShare = 5;       // it gets one of that many parts of the credit

  void HandleWelcome(absl::Time now, const std::string& owner_id, const v1::Welcome& welcome);
  void HandleReceived(absl::Time now, const std::string& owner_id, const v1::Received& received);
  void HandleStatus(absl::Time now, Owner* speaker, v1::BlockStatus status, Entries::iterator it);
  void HandleCommitted(absl::Time now, const v1::Committed& committed);
  void HandlePull(absl::Time now, const v1::Pull& pull);
  void AddView(absl::Time now, const v1::View& view);

  void Accept(v1::Block block, absl::Time ready_at);
  Entries::iterator Insert(v1::Block block, absl::Time ready_at);
  void MakeReady(Entries::iterator it);
  void NoteRefusal(Entries::iterator it);
  void Hold(Entries::iterator it, absl::Time until);
  void MoveTo(Entries::iterator it, State state, Owner* owner, absl::Time deadline = absl::InfiniteFuture());
  void Leave(Entries::iterator it);
  void CountSent(Entries::iterator it, int sign);
  void Remove(Entries::iterator it);
  void Retain(absl::Time now, Entries::iterator it);
  void DropEntry(Entries::iterator it, UnitDrop reason);
  void EnforceMemory();
  void SpoolNew(const std::set<BlockName>& names);
  bool SpillOldest();
  GroupId AppendGroup(const std::set<BlockName>& names, std::set<BlockName>::const_iterator& from);
  void Unload(GroupId id);
  void Load(absl::Time now);
  void LoadGroup(absl::Time now, GroupId id);
  void FinishIn(GroupId id, const v1::Block& block);
  void NoteLostGroups();
  void CountDropped(uint64_t blocks, uint64_t samples, UnitDrop reason);
  void InheritMarkers(absl::Time now, const Legacy& legacy);
  void NoteMarker();
  void NoteProgress();
  void PassTime(absl::Time now);
  void Readdress();
  Owner* OwnerFor(const BlockName& name);
  Owner* FindOwner(const std::string& id);
  absl::Time BusyUntil(absl::Time now, const BlockName& name) const;

  v1::Hello MakeHello() const;
  v1::Books MakeBooks() const;
  void AnnounceDrops(v1::Marker& marker);
  std::optional<v1::Batch> NextBatch(absl::Time now);
  void FillBatch(absl::Time now, Owner& owner, bool old, v1::Batch& batch);
  bool IsOld(const BlockName& name) const { return name.interval < newest_closed_ - kLiveIntervals; }
  const BlockName* Candidate(const Owner& owner, bool old) const;
  bool HasCredit(const Owner& owner, const BlockName& name) const;

  const Options options_;
  UnitSpool* const spool_;
  const absl::Duration spread_;  // this instance's place in the first 0.3 interval
  ViewHistory views_;
  std::map<std::string, Owner> owners_;                // of every view that is kept
  std::map<std::string, v1::Welcome> early_welcomes_;  // of owners that no view has named yet, on this stream
  Owner nowhere_;                                      // of what is held, and of all while no view is known
  Entries entries_;
  std::set<std::pair<absl::Time, BlockName>> deadlines_;
  std::set<BlockName> untaken_;  // certainly with no owner: never sent, or refused each time; may be dropped
  std::map<GroupId, Group> groups_;
  std::set<GroupId> unloaded_;       // not in memory; the smallest is the oldest
  uint64_t noted_samples_ = 0;       // with the newest marker
  uint64_t finished_in_groups_ = 0;  // samples, in groups that are kept for others in them
  IntervalIndex newest_closed_ = 0;
  MarkerLog markers_;
  RetainRing retained_;
  size_t pulled_bytes_ = 0;  // of entries that were committed
  std::array<uint64_t, kUnitDrops> unannounced_{};
  UnitCounts counts_;
  v1::Marker newest_marker_;
  v1::Books inherited_;  // what the dead instance told, without what is pending
  std::vector<InstanceId> superseded_;
  size_t hellos_due_ = 0;
  SampleCounts taken_;          // by the agent until the last close
  uint64_t local_samples_ = 0;  // of them, not for globals
  bool stream_open_ = false;
  bool hurried_ = false;
  std::optional<IntervalIndex> goodbye_;
};

}  // namespace tributary
