#pragma once

#include <array>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "global/store/database.h"
#include "tributary/v1/copy.pb.h"

namespace tributary {

// What of a store is copied, in the order of the first sending: a copy that has rows has their series.
struct CopiedColumn {
  Column column;
  v1::StoreChange::Column name;
};
inline constexpr std::array<CopiedColumn, 5> kCopiedColumns = {{
    {Column::kControl, v1::StoreChange::COLUMN_CONTROL},
    {Column::kKeys, v1::StoreChange::COLUMN_KEYS},
    {Column::kLifetimes, v1::StoreChange::COLUMN_LIFETIMES},
    {Column::kStale, v1::StoreChange::COLUMN_STALE},
    {Column::kRows, v1::StoreChange::COLUMN_ROWS},
}};

// Of Column::kControl: what a copy knows of itself, and what a store knows of its copies. Neither is copied.
inline constexpr absl::string_view kOwnKeys = "copy_";
inline bool IsCopied(Column column, absl::string_view key) {
  return column != Column::kControl || !absl::StartsWith(key, kOwnKeys);
}

inline std::optional<Column> ColumnNamed(v1::StoreChange::Column name) {
  for (const CopiedColumn& each : kCopiedColumns) {
    if (each.name == name) return each.column;
  }
  return std::nullopt;
}

inline std::optional<v1::StoreChange::Column> NameOf(Column column) {
  for (const CopiedColumn& each : kCopiedColumns) {
    if (each.column == column) return each.name;
  }
  return std::nullopt;
}

}  // namespace tributary
