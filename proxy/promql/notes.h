#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tributary::promql {

// What an answer comes with: warnings (it may be wrong) and infos (it may not be what was meant), each text once, and
// the first error, which ends the query. Bounded. Thread-compatible.
class Notes {
 public:
  static constexpr size_t kMaxNotes = 100;  // of each; more are not kept

  void Warn(absl::string_view text) { Insert(warnings_, text); }
  void Inform(absl::string_view text) { Insert(infos_, text); }
  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }
  const absl::Status& status() const { return status_; }
  std::vector<std::string> warnings() const { return {warnings_.begin(), warnings_.end()}; }
  std::vector<std::string> infos() const { return {infos_.begin(), infos_.end()}; }

 private:
  static void Insert(std::set<std::string>& notes, absl::string_view text) {
    if (notes.size() < kMaxNotes) notes.emplace(text);
  }

  std::set<std::string> warnings_;
  std::set<std::string> infos_;
  absl::Status status_;
};

}  // namespace tributary::promql
