#include "common/wire/events.h"

#include "common/metric/series_key.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

Event Full() {
  Event event;
  event.title = "\xff title";
  event.text = "text";
  event.unix_ns = -5;
  event.host = "host";
  event.aggregation_key = "key";
  event.priority = "low";
  event.alert_type = "error";
  event.source_type = "source";
  event.tags = {"b", "a"};
  return event;
}

TEST(EventsTest, EveryFieldIsReadBack) {
  const absl::StatusOr<Event> read = FromProto(ToProto(Full()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, Full());
}

TEST(EventsTest, WhatWasLeftOutIsUsual) {
  const absl::StatusOr<Event> read = FromProto(v1::Event());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->priority, "normal");
  EXPECT_EQ(read->alert_type, "info");
}

TEST(EventsTest, WhatIsBeyondTheLimitsIsRefused) {
  Event long_text = Full();
  long_text.text = std::string(kMaxEventBytes, 't');
  Event many_tags = Full();
  many_tags.tags.assign(kMaxTags + 1, "t");
  Event unknown_priority = Full();
  unknown_priority.priority = "urgent";
  Event unknown_alert = Full();
  unknown_alert.alert_type = "panic";
  for (const Event& event : {long_text, many_tags, unknown_priority, unknown_alert}) {
    EXPECT_FALSE(IsWithinLimits(event));
    EXPECT_EQ(FromProto(ToProto(event)).status().message(), "bad_event");
  }
}

}  // namespace
}  // namespace tributary
