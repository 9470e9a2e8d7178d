#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace tributary {

// Reading what directories answer without exceptions: what is not there, or of another type, is empty.
using Json = nlohmann::json;

inline Json ParseJson(absl::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

inline const Json& At(const Json& object, const char* key) {
  static const Json kNull;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kNull : *found;
}

inline std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

}  // namespace tributary
