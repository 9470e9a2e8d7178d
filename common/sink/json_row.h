#pragma once

#include <string>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/sink/statistics.h"

namespace tributary {

// A row as one JSON object without line ends; docs/derived-names.md has the schema. Bytes that are not UTF-8 are
// shown as U+FFFD, numbers that JSON does not have as null.
std::string JsonRow(const Row& row, const IntervalScale& scale, const StatisticOptions& options);

// As one line without its end: {"type":"event","title":…,"text":…,"tags":{…},"tag_list":[…],"unix_ms":…,"host":…,
// "aggregation_key":…,"priority":…,"alert_type":…,"source_type":…}. What was not sent is "".
std::string JsonEvent(const Event& event);

}  // namespace tributary
