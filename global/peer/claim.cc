#include "global/peer/claim.h"

#include <algorithm>
#include <set>

namespace tributary {
namespace {

void AddChunks(const Manifest& step, ClaimPart& part) {
  for (const ManifestChunk& chunk : step.chunks) {
    // Before the window closes, a late commit has nothing of main chunks.
    if (step.late && !step.closed && chunk.chunk < kFirstLateChunk) continue;
    part.chunks.push_back({chunk.instance, chunk.chunk, chunk.crc32c});
  }
}

void SortUnique(std::vector<ClaimChunk>& chunks) {
  std::stable_sort(chunks.begin(), chunks.end());
  chunks.erase(std::unique(chunks.begin(), chunks.end()), chunks.end());
}

}  // namespace

Claim ClaimOf(const std::vector<Manifest>& steps) {
  Claim claim;
  ClaimPart* main = nullptr;
  claim.reserve(steps.size());  // `main` stays where it is
  int last_version = 0;
  for (const Manifest& step : steps) {
    ClaimPart* part = step.late ? nullptr : main;
    if (part == nullptr) {
      claim.push_back({});
      part = &claim.back();
      part->first_step = step.step;
      part->main = !step.late;
      if (part->main) main = part;
    }
    AddChunks(step, *part);
    if (part->main) {
      part->closed |= step.closed;
      part->versions.set(1);
    }
    for (int version = std::max(last_version, 1) + 1; version <= step.last_version; ++version) {
      part->versions.set(static_cast<size_t>(version));
    }
    last_version = std::max<int>(last_version, step.last_version);
  }
  for (ClaimPart& part : claim) SortUnique(part.chunks);
  return claim;
}

std::vector<std::vector<bool>> ChooseRead(const std::vector<ClaimOn>& claims) {
  struct Part {
    size_t claim;
    size_t part;
  };
  std::vector<Part> parts;
  std::vector<std::vector<bool>> read;
  for (size_t i = 0; i < claims.size(); ++i) {
    read.emplace_back(claims[i].claim->size());
    for (size_t j = 0; j < claims[i].claim->size(); ++j) parts.push_back({i, j});
  }
  const auto rank = [&](const Part& at) {
    const ClaimPart& part = (*claims[at.claim].claim)[at.part];
    const bool is_open = part.main && !part.closed;
    return std::tuple(is_open, -static_cast<int64_t>(part.chunks.size()), *claims[at.claim].global, part.first_step);
  };
  std::sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) { return rank(a) < rank(b); });
  std::set<ClaimChunk> taken;
  for (const Part& at : parts) {
    const ClaimPart& part = (*claims[at.claim].claim)[at.part];
    const bool meets = std::any_of(part.chunks.begin(), part.chunks.end(),
                                   [&](const ClaimChunk& chunk) { return taken.contains(chunk); });
    if (meets) continue;
    taken.insert(part.chunks.begin(), part.chunks.end());
    read[at.claim][at.part] = true;
  }
  return read;
}

}  // namespace tributary
