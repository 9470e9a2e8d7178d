#include "proxy/capacity/cluster_calibrations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr absl::string_view kPrefix = "calibration/";
constexpr absl::Duration kPatience = absl::Seconds(5);

bool IsNewer(const v1::Note& note, const v1::Note& than) {
  return std::pair(note.revised_unix_ms(), note.value()) > std::pair(than.revised_unix_ms(), than.value());
}

std::string KeyOf(const Calibration& calibration) { return absl::StrCat(kPrefix, calibration.Id()); }

}  // namespace

absl::StatusOr<ClusterCalibrations::Notes> ClusterCalibrations::Exchange(const v1::NotesRequest& request) {
  const std::vector<Member> globals = globals_();
  const std::vector<NotesAnswer> answers = keeper_.ExchangeNotes(globals, request, kPatience);
  Notes notes;
  absl::Status failure = absl::UnavailableError("no global is known");
  size_t heard = 0;
  for (const NotesAnswer& answer : answers) {
    if (!answer.status.ok()) {
      failure = absl::UnavailableError(
          absl::StrCat("no global keeps notes: ", answer.global.id, ": ", answer.status.message()));
      continue;
    }
    ++heard;
    for (const v1::Note& note : answer.response.notes()) {
      if (!absl::StartsWith(note.key(), kPrefix)) continue;
      const auto [it, fresh] = notes.try_emplace(note.key(), note);
      if (!fresh && IsNewer(note, it->second)) it->second = note;
    }
  }
  if (heard == 0) return failure;
  for (const NotesAnswer& answer : answers) {
    if (!answer.status.ok()) continue;
    v1::NotesRequest lacking;
    for (const auto& [key, note] : notes) {
      const auto has = std::find_if(answer.response.notes().begin(), answer.response.notes().end(),
                                    [&key = key](const v1::Note& each) { return each.key() == key; });
      if (has == answer.response.notes().end() || IsNewer(note, *has)) *lacking.add_notes() = note;
    }
    if (lacking.notes_size() > 0) keeper_.ExchangeNotes({answer.global}, lacking, kPatience);
  }
  return notes;
}

absl::StatusOr<std::vector<Calibration>> ClusterCalibrations::List() {
  TRIBUTARY_ASSIGN_OR_RETURN(const Notes notes, Exchange({}));
  std::vector<Calibration> calibrations;
  for (const auto& [key, note] : notes) {
    if (note.removed()) continue;
    // Of a later version, perhaps.
    absl::StatusOr<Calibration> calibration = Calibration::FromJson(note.value());
    if (calibration.ok()) calibrations.push_back(*std::move(calibration));
  }
  std::stable_sort(calibrations.begin(), calibrations.end(),
                   [](const Calibration& a, const Calibration& b) { return a.from < b.from; });
  return calibrations;
}

absl::Status ClusterCalibrations::Keep(const Calibration& calibration, bool removed) {
  v1::NotesRequest request;
  v1::Note& note = *request.add_notes();
  note.set_key(KeyOf(calibration));
  note.set_value(calibration.ToJson());
  note.set_revised_unix_ms(absl::ToUnixMillis(clock_.Now()));
  note.set_removed(removed);
  return Exchange(request).status();
}

absl::Status ClusterCalibrations::Add(const Calibration& calibration) { return Keep(calibration, false); }

absl::Status ClusterCalibrations::Remove(const Calibration& calibration) {
  TRIBUTARY_ASSIGN_OR_RETURN(const Notes notes, Exchange({}));
  const auto note = notes.find(KeyOf(calibration));
  if (note == notes.end() || note->second.removed()) {
    return absl::NotFoundError("no load test of that service is marked with these times");
  }
  return Keep(calibration, true);
}

}  // namespace tributary
