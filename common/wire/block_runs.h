#pragma once

#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Blocks as they travel: a unit of a single series is some 140 bytes, and a Block's own fields would add 25 to them. As
// a column of a run they are 9. The blocks that come out are those that went in, with their names, bytes and CRCs;
// whoever stands between two streams thinks in blocks only.

inline constexpr size_t kMaxBatchBlocks = 4096;  // in runs: what one message may make a receiver allocate

// Packs a batch's blocks into runs, in their order; a block of another interval or of a smaller partition than the one
// before begins a new one. Other messages stay as they are. REQUIRES: every block passes Validate (messages.h).
void PackBlocks(v1::Up& message);

// The reverse. Blocks may be anything: who takes them validates each. A batch whose runs are not well-formed, or hold
// more than kMaxBatchBlocks, becomes no message at all, which Validate refuses.
void UnpackBlocks(v1::Up& message);

// The way back, Received and Committed: units have one chunk nearly always, so chunks that are all 0 are left out.
void PackNames(v1::Down& message);
void UnpackNames(v1::Down& message);

}  // namespace tributary
