#include "common/wire/events.h"

#include <algorithm>
#include <string>

#include "common/metric/series_key.h"
#include "common/wire/refusal.h"

namespace tributary {
namespace {

bool IsOneOf(absl::string_view text, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

bool IsWithinLimits(const Event& event) {
  size_t bytes = event.title.size() + event.text.size() + event.host.size() + event.aggregation_key.size() +
                 event.source_type.size();
  for (const std::string& tag : event.tags) bytes += tag.size();
  return bytes <= kMaxEventBytes && event.tags.size() <= kMaxTags && IsOneOf(event.priority, {"normal", "low"}) &&
         IsOneOf(event.alert_type, {"error", "warning", "info", "success"});
}

v1::Event ToProto(const Event& event) {
  v1::Event message;
  message.set_title(event.title);
  message.set_text(event.text);
  message.set_unix_ns(event.unix_ns);
  message.set_host(event.host);
  message.set_aggregation_key(event.aggregation_key);
  message.set_priority(event.priority);
  message.set_alert_type(event.alert_type);
  message.set_source_type(event.source_type);
  for (const std::string& tag : event.tags) message.add_tags(tag);
  return message;
}

absl::StatusOr<Event> FromProto(const v1::Event& message) {
  Event event{.title = message.title(),
              .text = message.text(),
              .unix_ns = message.unix_ns(),
              .host = message.host(),
              .aggregation_key = message.aggregation_key(),
              .source_type = message.source_type(),
              .tags = {message.tags().begin(), message.tags().end()}};
  if (!message.priority().empty()) event.priority = message.priority();
  if (!message.alert_type().empty()) event.alert_type = message.alert_type();
  if (!IsWithinLimits(event)) return Refused("bad_event");
  return event;
}

}  // namespace tributary
