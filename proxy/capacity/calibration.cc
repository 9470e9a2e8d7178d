#include "proxy/capacity/calibration.h"

#include <exception>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace tributary {

std::string Calibration::Id() const {
  return absl::StrCat(absl::ToUnixMillis(from), "-", absl::ToUnixMillis(to), "/", service);
}

std::string Calibration::ToJson() const {
  const nlohmann::ordered_json json = {{"service", service},
                                       {"from_unix_ms", absl::ToUnixMillis(from)},
                                       {"to_unix_ms", absl::ToUnixMillis(to)},
                                       {"redline", redline},
                                       {"note", note}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<Calibration> Calibration::FromJson(absl::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text.begin(), text.end());
    Calibration calibration;
    calibration.service = json.at("service").get<std::string>();
    calibration.from = absl::FromUnixMillis(json.at("from_unix_ms").get<int64_t>());
    calibration.to = absl::FromUnixMillis(json.at("to_unix_ms").get<int64_t>());
    calibration.redline = json.value("redline", false);
    calibration.note = json.value("note", "");
    return calibration;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("is no calibration: ", error.what()));
  }
}

}  // namespace tributary
