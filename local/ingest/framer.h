#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/net/peer.h"
#include "local/ingest/text_receiver.h"

namespace tributary {

// Cuts one connection's bytes into text for a TextReceiver, however they are split over reads. Holds at most one
// unfinished line or packet. Thread-compatible.
class Framer {
 public:
  explicit Framer(const Peer& peer) : peer_(peer) {}
  virtual ~Framer() = default;
  // False: these bytes are no such stream; the connection must be closed.
  virtual bool Feed(absl::string_view bytes, TextReceiver& receiver) = 0;
  // Whether a line or packet has begun and is not whole.
  virtual bool is_unfinished() const = 0;
  // The stream ends because of it, or with it.
  virtual void Abandon(absl::string_view reason, TextReceiver& receiver) const = 0;
  // Whether any has become whole since the last call.
  virtual bool TakeProgress() { return std::exchange(progress_, false); }
  // The peer has ended the stream in good order. What is unfinished after that is lost.
  virtual void Finish(TextReceiver& receiver) = 0;
  // Lines left out since the last call, for being too long.
  virtual uint64_t TakeSkippedLines() { return 0; }

 protected:
  const Peer& peer() const { return peer_; }
  void Pass(absl::string_view text, TextReceiver& receiver) {
    progress_ = true;
    receiver.Receive(text, peer_);
  }

 private:
  const Peer peer_;
  bool progress_ = false;
};

// Lines ended by '\n'. A longer one than kMaxLineBytes is skipped to its end, and counted; the last may lack its end.
// REQUIRES: at most kMaxLineBytes are fed at once.
class LineFramer : public Framer {
 public:
  static constexpr size_t kMaxLineBytes = 64 << 10;

  explicit LineFramer(const Peer& peer) : Framer(peer) {}

  bool Feed(absl::string_view bytes, TextReceiver& receiver) override;
  void Finish(TextReceiver& receiver) override;
  bool is_unfinished() const override { return skipping_ || !unfinished_.empty(); }
  void Abandon(absl::string_view reason, TextReceiver& receiver) const override;

  uint64_t TakeSkippedLines() override { return std::exchange(skipped_lines_, 0); }

 private:
  void Keep(absl::string_view bytes, TextReceiver& receiver);

  std::string unfinished_;
  bool skipping_ = false;  // until the next '\n'
  uint64_t skipped_lines_ = 0;
};

// Packets of lines, each after its length in 4 bytes, little-endian. A length of zero or above the limit is an error:
// what follows cannot be told apart any more. An unfinished packet at the end of the stream is lost.
class LengthFramer : public Framer {
 public:
  LengthFramer(const Peer& peer, size_t max_packet_bytes) : Framer(peer), max_packet_bytes_(max_packet_bytes) {}

  bool Feed(absl::string_view bytes, TextReceiver& receiver) override;
  void Finish(TextReceiver&) override {}  // a part of a packet may end in the middle of a value
  bool is_unfinished() const override { return !unfinished_.empty(); }
  void Abandon(absl::string_view reason, TextReceiver& receiver) const override;

 private:
  const size_t max_packet_bytes_;
  std::string unfinished_;  // from its length on
};

// A unix stream: packets after their lengths, as DogStatsD's clients send them, or lines, as those of plain StatsD do.
// Its first four bytes tell, for ASCII text read as a length is 160 MiB at least, and no limit is above 16 MiB.
class UnixStreamFramer : public Framer {
 public:
  UnixStreamFramer(const Peer& peer, size_t max_packet_bytes) : Framer(peer), max_packet_bytes_(max_packet_bytes) {}

  bool Feed(absl::string_view bytes, TextReceiver& receiver) override;
  void Finish(TextReceiver& receiver) override;
  bool is_unfinished() const override { return framer_ == nullptr ? !begun_.empty() : framer_->is_unfinished(); }
  void Abandon(absl::string_view reason, TextReceiver& receiver) const override;
  bool TakeProgress() override { return framer_ != nullptr && framer_->TakeProgress(); }
  uint64_t TakeSkippedLines() override { return framer_ == nullptr ? 0 : framer_->TakeSkippedLines(); }

 private:
  const size_t max_packet_bytes_;
  std::string begun_;               // while it is too short to tell
  std::unique_ptr<Framer> framer_;  // then
};

}  // namespace tributary
