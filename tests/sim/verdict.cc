#include "tests/sim/verdict.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_format.h"

namespace tributary::sim {

namespace {

// As a reader of the globals' stores sees a window: of each global what it does not leave out, of each version of that
// the largest.
Content ReadWindow(WindowName window, const std::vector<std::unique_ptr<Global>>& globals, Reader reader) {
  std::map<std::pair<std::string, uint32_t>, const StoredRow*> by_version;
  for (const auto& global : globals) {
    const Disk& disk = global->disk();
    const auto rows = disk.rows.find(window);
    if (rows == disk.rows.end()) continue;
    for (const StoredRow& row : rows->second) {
      if (reader == Reader::kLargest && !disk.IsRead(row)) continue;
      const std::string emitter = reader == Reader::kLast ? "" : row.emitter;
      const StoredRow*& best = by_version[{emitter, row.counter.version}];
      if (best == nullptr || reader == Reader::kLast || best->counter.contributors <= row.counter.contributors)
        best = &row;
    }
  }
  Content content;
  for (const auto& [version, row] : by_version) content.Add(row->content);
  return content;
}

void JudgeValue(absl::string_view where, const Content& content, const Truth& truth,
                const std::vector<uint32_t>& numbers, Verdict& verdict) {
  const auto add = [&](const char* kind, const Chunk& chunk) {
    verdict.problems.emplace_back(
        kind, absl::StrFormat("%s: chunk %d, digit %d of %d/%d, of agent %d.%d", where, chunk.number, chunk.digit,
                              chunk.window.first - World::kStart, chunk.window.second, chunk.agent, chunk.life));
  };
  for (const uint32_t number : numbers) {
    const Chunk& chunk = truth.at(number);
    const int times = content.TimesOf(chunk.digit);
    if (times > 1) add("double", chunk);
    if (chunk.is_twin) continue;
    const bool twin_is_there = chunk.twin != nullptr && content.TimesOf(chunk.twin->digit) > 0;
    if (twin_is_there && times > 0) add("double", chunk);
    if (chunk.was_committed && times == 0 && !twin_is_there) add("lost", chunk);
    if (chunk.was_refused && times > 0 && chunk.twin == nullptr) add("books", chunk);
  }
}

// Of whoever has been there all the time: what belongs to the window, late units aside, is on the disk.
bool HasEverything(WindowName window, const Global& global, const Truth& truth) {
  const auto manifests = global.disk().state.manifests.find(window);
  if (manifests == global.disk().state.manifests.end()) return false;
  const auto named = [&](const Chunk& chunk) {
    return std::any_of(manifests->second.begin(), manifests->second.end(), [&](const Manifest& manifest) {
      return std::any_of(manifest.chunks.begin(), manifest.chunks.end(), [&](const ManifestChunk& each) {
        return each.instance == chunk.instance && each.chunk == chunk.chunk;
      });
    });
  };
  const std::vector<uint32_t>& numbers = truth.windows().at(window);
  return std::all_of(numbers.begin(), numbers.end(), [&](uint32_t number) {
    const Chunk& chunk = truth.at(number);
    return chunk.chunk_count == 0 || (chunk.twin == nullptr && !chunk.was_refused && named(chunk));
  });
}

void JudgeFlags(const Global& global, const Truth& truth, Verdict& verdict) {
  for (const auto& [window, rows] : global.disk().rows) {
    const StoredRow* main = nullptr;
    for (const StoredRow& row : rows) main = row.counter.version == 1 ? &row : main;
    if (main == nullptr || !main->counter.partial || main->life != global.life()) continue;
    if (!global.disk().IsRead(*main)) continue;
    if (!HasEverything(window, global, truth)) continue;
    verdict.problems.emplace_back("partial",
                                  absl::StrFormat("%s has all of %d/%d, and tells it as partial", global.name(),
                                                  window.first - World::kStart, window.second));
  }
}

}  // namespace

Verdict Judge(const Truth& truth, const std::vector<std::unique_ptr<Global>>& globals,
              const std::vector<std::unique_ptr<Agent>>& agents, const Global::Storages& storages,
              const JudgeOptions& options) {
  Verdict verdict;
  for (const auto& [window, numbers] : truth.windows()) {
    JudgeValue("store", ReadWindow(window, globals, options.reader), truth, numbers, verdict);
    for (const auto& storage : storages) {
      const bool appends = storage->kind() == Storage::Kind::kAppends;
      Content content = storage->Read(window);
      // Where nothing can be written twice without being there twice, a repeat after an unknown outcome is.
      for (uint8_t& times : content.times) times = appends ? std::min<uint8_t>(times, 1) : times;
      JudgeValue(storage->name(), content, truth, numbers, verdict);
    }
  }
  // An instance that has ended may have told nothing of its last intervals.
  const bool all_live =
      std::all_of(agents.begin(), agents.end(), [](const auto& agent) { return agent->life() == 0 && agent->alive(); });
  for (const auto& global : globals) {
    if (all_live && options.makes_whole) JudgeFlags(*global, truth, verdict);
  }
  for (const auto& agent : agents) {
    if (agent->settled()) continue;
    verdict.problems.emplace_back(
        "stuck", absl::StrFormat("%s waits for %d samples", agent->name(), agent->ledger().counts().samples_pending));
  }
  return verdict;
}

}  // namespace tributary::sim
