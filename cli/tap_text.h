#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/terminal.h"

namespace tributary {

// What an agent's /api/v1/tap says at once.
struct TapBatch {
  struct Record {
    absl::Time time;
    std::string line;
    std::string client;
    std::string rejected;  // the reason; empty: it was taken
  };
  std::string id;
  uint64_t skipped = 0;
  std::vector<Record> records;
};
absl::StatusOr<TapBatch> ParseTapBatch(absl::string_view body);

enum class TapFormat { kText, kJson, kRaw };

// One line, with its end. kText: time, client, line, and why it was rejected. kJson: an object. kRaw: the line alone.
std::string TapText(const TapBatch::Record& record, TapFormat format, const Style& style);

}  // namespace tributary
