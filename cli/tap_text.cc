#include "cli/tap_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/http_api.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

TapBatch BatchOf(const Json& json) {
  TapBatch batch{.id = json.at("id"), .skipped = json.value("skipped", uint64_t{0}), .records = {}};
  for (const Json& item : json.value("records", Json::array())) {
    TapBatch::Record& record = batch.records.emplace_back();
    record.time =
        absl::UnixEpoch() + absl::Milliseconds(static_cast<int64_t>(item.at("time").get<double>() * 1000 + 0.5));
    record.line = item.at("line");
    record.client = item.value("client", "");
    record.rejected = item.value("rejected", "");
  }
  return batch;
}

std::string JsonLine(const TapBatch::Record& record) {
  Json json = {{"time", static_cast<double>(absl::ToUnixMillis(record.time)) / 1000},
               {"line", record.line},
               {"client", record.client}};
  if (!record.rejected.empty()) json["rejected"] = record.rejected;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

absl::StatusOr<TapBatch> ParseTapBatch(absl::string_view body) { return ReadJson<TapBatch>(body, BatchOf); }

std::string TapText(const TapBatch::Record& record, TapFormat format, const Style& style) {
  if (format == TapFormat::kRaw) return record.line + "\n";
  if (format == TapFormat::kJson) return JsonLine(record);
  const std::string time = absl::FormatTime("%H:%M:%E3S", record.time, absl::LocalTimeZone());
  const std::string who = absl::StrCat(time, "  ", absl::StrFormat("%-18s", record.client), "  ");
  if (record.rejected.empty()) return absl::StrCat(style.Dim(who), record.line, "\n");
  return absl::StrCat(style.Dim(who), record.line, "  ", style.Bad(absl::StrCat("rejected: ", record.rejected)), "\n");
}

}  // namespace tributary
