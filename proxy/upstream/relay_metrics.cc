#include "proxy/upstream/relay_metrics.h"

namespace tributary {

namespace {

constexpr char kRefused[] = "tributary_proxy_blocks_refused_total";
constexpr char kRefusedHelp[] = "Blocks that were answered by the proxy itself; agents keep them and send them again.";

void RaiseTo(Counter& cell, uint64_t value) { cell.Increment(value - cell.value()); }

}  // namespace

RelayMetrics::Owner::Owner(Telemetry& telemetry, const std::string& id)
    : blocks_routed(telemetry.AddCounter("tributary_proxy_blocks_routed_total", "Blocks handed to the owner's stream.",
                                         {{"owner", id}})),
      samples_routed(telemetry.AddCounter("tributary_proxy_samples_routed_total",
                                          "Samples in blocks handed to the owner's stream; sent again counts again.",
                                          {{"owner", id}})),
      unavailable(telemetry.AddCounter(kRefused, kRefusedHelp, {{"owner", id}, {"reason", "unavailable"}})),
      busy(telemetry.AddCounter(kRefused, kRefusedHelp, {{"owner", id}, {"reason", "busy"}})),
      committed(telemetry.AddCounter("tributary_proxy_blocks_committed_total", "Blocks whose commit was relayed.",
                                     {{"owner", id}})),
      queue_bytes(
          telemetry.AddGauge("tributary_proxy_queue_bytes", "Waiting to be written to the owner.", {{"owner", id}})) {}

RelayMetrics::RelayMetrics(Telemetry& telemetry)
    : telemetry_(telemetry),
      members_(telemetry.AddGauge("tributary_proxy_members", "Globals of the newest view.")),
      members_waiting_(telemetry.AddGauge("tributary_proxy_members_waiting",
                                          "Globals that are found, but not ready to join a view, or that leave.")),
      members_guarded_(telemetry.AddGauge("tributary_proxy_members_guarded",
                                          "Globals that are not found any more, and kept because they are too many.")),
      agents_(telemetry.AddGauge("tributary_proxy_agents", "Agents connected.")),
      agents_refused_(telemetry.AddCounter("tributary_proxy_agents_refused_total",
                                           "Streams ended because the agent is configured differently or malformed.")),
      blocks_invalid_(telemetry.AddCounter(kRefused, kRefusedHelp, {{"owner", ""}, {"reason", "invalid"}})),
      blocks_unowned_(telemetry.AddCounter(kRefused, kRefusedHelp, {{"owner", ""}, {"reason", "unavailable"}})),
      answers_dropped_(telemetry.AddCounter("tributary_proxy_answers_dropped_total",
                                            "Answers whose agent is gone or too slow; it asks again.")),
      upstream_invalid_(
          telemetry.AddCounter("tributary_proxy_upstream_invalid_total", "Messages of globals that are malformed.")) {}

void RelayMetrics::Publish(const Router& router) {
  const Router::Counts& counts = router.counts();
  members_.Set(static_cast<double>(router.members().size()));
  members_waiting_.Set(static_cast<double>(router.maker().waiting().size()));
  members_guarded_.Set(static_cast<double>(router.maker().guarded().size()));
  agents_.Set(static_cast<double>(counts.agents));
  RaiseTo(agents_refused_, counts.agents_refused);
  RaiseTo(blocks_invalid_, counts.blocks_invalid);
  RaiseTo(blocks_unowned_, counts.blocks_unowned);
  RaiseTo(answers_dropped_, counts.answers_dropped);
  RaiseTo(upstream_invalid_, counts.upstream_invalid);
  for (const auto& [id, owner] : router.owner_counts()) {
    Owner& cells = OwnerCells(id);
    RaiseTo(cells.blocks_routed, owner.blocks_routed);
    RaiseTo(cells.samples_routed, owner.samples_routed);
    RaiseTo(cells.unavailable, owner.blocks_unavailable);
    RaiseTo(cells.busy, owner.blocks_busy);
    RaiseTo(cells.committed, owner.blocks_committed);
  }
}

RelayMetrics::Owner& RelayMetrics::OwnerCells(const std::string& id) {
  return owners_.try_emplace(id, telemetry_, id).first->second;
}

}  // namespace tributary
