#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "common/hash/view.h"
#include "common/wire/messages.h"
#include "global/merge/commit_plan.h"
#include "global/merge/left_out.h"
#include "global/merge/window_book.h"
#include "global/peer/claim.h"
#include "tributary/v1/peer.pb.h"

namespace tributary {

// For a start without a roster.
void AddRoster(const std::vector<RosterEntry>& roster, v1::PeerResponse& response);
// What is not well-formed is left out.
std::vector<RosterEntry> RosterIn(const v1::PeerResponse& response);

// What globals know of each other's windows, so that of a window that two have committed every chunk is read once.
// Each asks all others, again and again; nobody needs anybody's leave, and each decides by the same rule (ChooseRead)
// from the same sets. The protocol without threads, sockets or clocks, as WindowBook is, and beside it.
//
// Held:     of each interval within the horizon, which windows a global has committed something of; with a revision
//           that grows, so that what has changed since is told, and all of it to whoever has not heard this process
//           yet.
// Contests: where what another holds meets what this node holds or has open, its claim is fetched, and fetched again
//           when it changes. What of the own rows is left out is to be put to disk; what is read elsewhere the window
//           book has to know, for its answers.
// Starts:   what the disk says is left out stays so until those for whom it was have been heard. One that has lost its
//           disk holds nothing of it any more: then it is read again.
// Bounds:   kMaxAsked windows and kMaxAnswerChunks per message (but one window always); sets of windows of the horizon;
//           kMaxKnownChunks of others' claims: beyond, the oldest windows are forgotten, as they are.
// Threads:  thread-compatible.
class PeerBook {
 public:
  static constexpr size_t kMaxAsked = 256;
  static constexpr size_t kMaxHeld = 1024;  // intervals per message
  static constexpr size_t kMaxAnswerChunks = 100'000;
  static constexpr size_t kMaxKnownChunks = 4'000'000;

  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    int horizon = 90;  // intervals
    // Who does not answer is waited for so long, of an interval.
    double patience = 0.5;
    bool chooses = true;  // false: nothing is ever left out; to show in the simulator that it has to be
  };
  // The steps that are on this node's disk, in their order.
  using ReadSteps = std::function<std::vector<Manifest>(WindowName)>;
  PeerBook(Options options, uint64_t incarnation, const WindowBookState& state, std::map<WindowName, LeftOut> left_out,
           ReadSteps read_steps, absl::Time now);

  // Whoever is in one of the views, or was not long ago.
  void SetPeers(absl::Time now, const std::vector<View>& views);
  const std::map<std::string, std::string>& addresses() const { return addresses_; }

  v1::PeerRequest Ask(const std::string& peer) const;
  // Of somebody else's question; the roster is the caller's to add.
  v1::PeerResponse Answer(const v1::PeerRequest& request) const;
  // An answer to a question asked at `asked`. One that is not well-formed counts as none.
  void Heard(absl::Time asked, const std::string& peer, const v1::PeerResponse& response);
  // Something more of these windows is on disk.
  void Committed(const std::vector<WindowName>& windows);
  // Which windows are open here; what is older than `floor` is forgotten.
  void SetOpen(IntervalIndex floor, std::map<IntervalIndex, PartitionSet> open);

  // What every other global had committed at that time is known here, but of those who have not answered for
  // `patience`.
  absl::Time HeardAsOf(absl::Time now) const;
  // Not all have been heard since the start, or since a view without this node, and may still be: windows within the
  // horizon may have been taken over.
  bool IsReturning(absl::Time now) const;

  struct Changes {
    std::vector<WindowContest> contests;                   // for the window book
    std::vector<std::pair<WindowName, LeftOut>> left_out;  // to be put to disk; empty: read again
  };
  Changes TakeChanges();

  size_t contested() const { return contests_.size(); }
  size_t left_out() const { return left_out_.size(); }
  // Chunks that are in what is left out, and nowhere else.
  size_t missing_chunks() const { return missing_chunks_; }

 private:
  struct Held {
    PartitionSet partitions;
    uint64_t revision = 0;
  };
  struct Peer {
    uint64_t incarnation = 0;
    uint64_t revision = 0;
    bool is_complete = false;                   // all that this incarnation held at some time
    bool is_known = false;                      // and its claims
    std::map<IntervalIndex, std::string> held;  // encoded
    std::set<WindowName> wanted;                // claims that are known no more
    absl::Time heard = absl::InfinitePast();    // everything, as of then
  };
  struct Contest {
    std::map<std::string, Claim> claims;  // of others
    size_t missing = 0;
  };

  void ForgetBefore(IntervalIndex floor);
  void MeetAll(IntervalIndex interval);
  void Meet(const std::string& id, Peer& peer, IntervalIndex interval);
  PartitionSet Interest(IntervalIndex interval) const;
  void TakeHeld(const std::string& id, Peer& peer, const v1::PeerResponse& response);
  void TakeClaims(const std::string& id, Peer& peer, const v1::PeerResponse& response);
  void DropClaim(const std::string& id, WindowName name);
  void Decide(WindowName name);
  bool KnowsAll(const LeftOut& left_out) const;
  void BoundClaims();

  const Options options_;
  const uint64_t incarnation_;
  const ReadSteps read_steps_;
  absl::Time returned_;
  std::set<std::pair<IntervalIndex, uint64_t>> views_without_;  // this node
  IntervalIndex floor_ = 0;
  uint64_t revision_ = 0;
  std::map<IntervalIndex, Held> held_;
  std::map<IntervalIndex, PartitionSet> open_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, Peer> peers_;
  std::map<WindowName, Contest> contests_;
  std::map<WindowName, LeftOut> left_out_;
  std::set<WindowName> undecided_;
  size_t known_chunks_ = 0;
  size_t missing_chunks_ = 0;
  std::map<WindowName, LeftOut> changed_left_out_;
  std::map<WindowName, WindowContest> changed_contests_;
};

}  // namespace tributary
