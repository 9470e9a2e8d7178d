#include "global/receive/receiver_metrics.h"

#include <functional>
#include <utility>

namespace tributary {
namespace {

constexpr const char* kUnitStatusNames[kUnitStatuses] = {"ok",      "duplicate", "unavailable", "busy",
                                                         "invalid", "too_old",   "too_new",     "conflict"};
constexpr const char* kCloseNames[] = {"complete", "early", "partial", "late", "superset"};
constexpr const char* kStateNames[] = {"active", "silent", "lost", "left", "dead"};
constexpr auto kCounter = Telemetry::Kind::kCounter;
constexpr auto kGauge = Telemetry::Kind::kGauge;

}  // namespace

ReceiverMetrics::ReceiverMetrics(Telemetry& telemetry)
    : messages_refused(telemetry.AddCounter("tributary_global_messages_refused_total",
                                            "Messages that are not well-formed, or came before a Hello.")),
      units_undecodable(telemetry.AddCounter("tributary_global_units_undecodable_total",
                                             "Units refused because their payload cannot be read.")),
      hellos_refused(telemetry.AddCounter("tributary_global_hellos_refused_total",
                                          "Peers of another cluster, interval or protocol.")),
      sends_dropped(telemetry.AddCounter("tributary_global_sends_dropped_total",
                                         "Answers not sent because a session's queue was full; agents ask again.")),
      events_dropped(telemetry.AddDropCounter("tributary_global_events_dropped_total",
                                              "Events received that no sink takes.", "no_sink")),
      announced_drops(telemetry.AddCounter("tributary_global_agent_samples_dropped_total",
                                           "Samples that agents say they dropped after their interval closed.")),
      peers_unheard(telemetry.AddCounter("tributary_global_peers_unheard_total",
                                         "Questions to other globals that were not answered in time.")),
      rows_approximate(telemetry.AddCounter("tributary_global_rows_approximate_total",
                                            "Rows of more centroids than merge.buffer_bytes holds.")) {
  const auto samples = [&](Telemetry::Kind kind, const std::string& name, const std::string& help,
                           uint64_t WindowBookStats::*field, const Telemetry::Labels& labels = {}) {
    Read(telemetry, kind, "tributary_global_" + name, help, labels,
         [field](const WindowBookStats& stats) { return static_cast<double>(stats.*field); });
  };
  samples(kCounter, "samples_accepted_total", "Samples in units taken; = committed + dropped + open.",
          &WindowBookStats::samples_accepted);
  samples(kCounter, "samples_committed_total", "Samples whose units are on disk.", &WindowBookStats::samples_committed);
  samples(kCounter, "samples_dropped_total", "Samples taken and lost.", &WindowBookStats::samples_dropped,
          {{"reason", "not_owner"}});
  samples(kGauge, "samples_open", "Samples in windows that are not committed.", &WindowBookStats::samples_open);
  samples(kGauge, "windows_open", "Windows in memory.", &WindowBookStats::open_windows);
  samples(kGauge, "windows_provisional", "Of them, committed partial, and kept to be made whole.",
          &WindowBookStats::provisional_windows);
  samples(kGauge, "windows_open_bytes", "Memory of open windows.", &WindowBookStats::open_bytes);
  samples(kGauge, "history_bytes", "Memory of the manifests and markers of closed windows.",
          &WindowBookStats::history_bytes);
  samples(kGauge, "series", "Series remembered between windows.", &WindowBookStats::series);
  samples(kCounter, "series_refused_total", "Rows whose series there was no room to remember.",
          &WindowBookStats::series_refused);
  samples(kCounter, "roster_refused_total", "Agents there was no room for.", &WindowBookStats::roster_refused);
  samples(kCounter, "pulls_total", "Units asked for again.", &WindowBookStats::pulls);
  samples(kCounter, "windows_left_total", "Open windows given up, for another global has committed them.",
          &WindowBookStats::windows_left);
  const auto contests = [&](const std::string& name, const std::string& help, size_t Contests::*field) {
    readings_.push_back(telemetry.AddReading(kGauge, "tributary_global_" + name, help, {}, [this, field] {
      MutexLock lock(mutex_);
      return static_cast<double>(contests_.*field);
    }));
  };
  contests("contested_windows", "Windows within the horizon that another global has committed, too.",
           &Contests::windows);
  contests("left_out_windows", "Of them, those of which rows of this one are left out of reads.", &Contests::left_out);
  contests("contested_units_missing", "Units of contested windows that are in no set that is read.",
           &Contests::missing_chunks);
  Read(telemetry, kGauge, "tributary_global_sealed_through", "Number of the last interval that is committed.", {},
       [](const WindowBookStats& stats) { return static_cast<double>(stats.sealed_through); });
  for (int i = 0; i < kUnitStatuses; ++i) {
    Read(telemetry, kCounter, "tributary_global_units_total", "Units by how they were answered.",
         {{"status", kUnitStatusNames[i]}}, [i](const WindowBookStats& s) { return static_cast<double>(s.units[i]); });
  }
  for (int i = 0; i < kCloseKinds; ++i) {
    Read(telemetry, kCounter, "tributary_global_windows_closed_total", "Commits of windows by how they closed.",
         {{"kind", kCloseNames[i]}}, [i](const WindowBookStats& s) { return static_cast<double>(s.closes[i]); });
  }
  for (int i = 0; i < 5; ++i) {
    Read(telemetry, kGauge, "tributary_global_roster", "Agents on the roster.", {{"state", kStateNames[i]}},
         [i](const WindowBookStats& s) { return static_cast<double>(s.roster[i]); });
  }
}

void ReceiverMetrics::Read(Telemetry& telemetry, Telemetry::Kind kind, const std::string& name, const std::string& help,
                           const Telemetry::Labels& labels, std::function<double(const WindowBookStats&)> read) {
  readings_.push_back(telemetry.AddReading(kind, name, help, labels, [this, read = std::move(read)] {
    MutexLock lock(mutex_);
    return read(stats_);
  }));
}

}  // namespace tributary
