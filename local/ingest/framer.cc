#include "local/ingest/framer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/bytes.h"

namespace tributary {
namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);
constexpr size_t kShownBytes = 256;  // of a stream that is none

bool IsText(absl::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return absl::ascii_isprint(c) || c == '\r' || c == '\n'; });
}

}  // namespace

bool LineFramer::Feed(absl::string_view bytes, TextReceiver& receiver) {
  if (skipping_ || !unfinished_.empty()) {
    const size_t end = bytes.find('\n');
    if (end == absl::string_view::npos) {
      Keep(bytes, receiver);
      return true;
    }
    Keep(bytes.substr(0, end), receiver);
    if (!skipping_) Pass(unfinished_, receiver);
    unfinished_.clear();
    skipping_ = false;
    bytes.remove_prefix(end + 1);
  }
  const size_t whole_bytes = bytes.rfind('\n') + 1;  // 0 when there is none
  if (whole_bytes > 0) Pass(bytes.substr(0, whole_bytes), receiver);
  Keep(bytes.substr(whole_bytes), receiver);
  return true;
}

void LineFramer::Keep(absl::string_view bytes, TextReceiver& receiver) {
  if (skipping_) return;
  if (unfinished_.size() + bytes.size() <= kMaxLineBytes) {
    unfinished_.append(bytes.data(), bytes.size());
    return;
  }
  ++skipped_lines_;
  receiver.Refuse(unfinished_, "line_too_long", peer());
  skipping_ = true;
  unfinished_ = std::string();
}

void LineFramer::Finish(TextReceiver& receiver) {
  if (!skipping_ && !unfinished_.empty()) Pass(unfinished_, receiver);
  unfinished_.clear();
  skipping_ = false;
}

void LineFramer::Abandon(absl::string_view reason, TextReceiver& receiver) const {
  receiver.Refuse(unfinished_, reason, peer());
}

bool LengthFramer::Feed(absl::string_view bytes, TextReceiver& receiver) {
  while (!bytes.empty()) {
    // What the packet at hand still needs: first its length, then as many bytes.
    size_t wanted = kLengthBytes;
    if (unfinished_.size() >= kLengthBytes) wanted += ByteReader(unfinished_).U32();
    const size_t taken = std::min(bytes.size(), wanted - unfinished_.size());
    unfinished_.append(bytes.data(), taken);
    bytes.remove_prefix(taken);
    if (unfinished_.size() < wanted) return true;
    if (wanted == kLengthBytes) {
      const uint32_t packet_bytes = ByteReader(unfinished_).U32();
      if (packet_bytes > 0 && packet_bytes <= max_packet_bytes_) continue;
      unfinished_.append(bytes.data(), std::min(bytes.size(), kShownBytes));
      receiver.Refuse(unfinished_, "bad_length", peer());
      return false;
    }
    Pass(absl::string_view(unfinished_).substr(kLengthBytes), receiver);
    unfinished_.clear();
  }
  return true;
}

void LengthFramer::Abandon(absl::string_view reason, TextReceiver& receiver) const {
  const size_t length_bytes = std::min(unfinished_.size(), kLengthBytes);
  receiver.Refuse(absl::string_view(unfinished_).substr(length_bytes), reason, peer());
}

bool UnixStreamFramer::Feed(absl::string_view bytes, TextReceiver& receiver) {
  if (framer_ != nullptr) return framer_->Feed(bytes, receiver);
  const size_t before = begun_.size();
  begun_.append(bytes.data(), std::min(bytes.size(), kLengthBytes - before));
  if (begun_.size() < kLengthBytes) return true;
  if (IsText(begun_)) {
    framer_ = std::make_unique<LineFramer>(peer());
  } else {
    framer_ = std::make_unique<LengthFramer>(peer(), max_packet_bytes_);
  }
  return framer_->Feed(absl::string_view(begun_).substr(0, before), receiver) && framer_->Feed(bytes, receiver);
}

void UnixStreamFramer::Finish(TextReceiver& receiver) {
  if (framer_ != nullptr) return framer_->Finish(receiver);
  if (begun_.empty() || !IsText(begun_)) return;
  Pass(begun_, receiver);
  begun_.clear();
}

void UnixStreamFramer::Abandon(absl::string_view reason, TextReceiver& receiver) const {
  if (framer_ == nullptr) return receiver.Refuse(begun_, reason, peer());
  framer_->Abandon(reason, receiver);
}

}  // namespace tributary
