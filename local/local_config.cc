#include "local/local_config.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/net/plaintext.h"

namespace tributary {

namespace {

void ReadListen(ConfigNode node, std::vector<Address>& addresses) {
  std::vector<std::string> texts;
  for (const Address& address : addresses) texts.push_back(address.ToString());
  node.Read("listen", texts);
  addresses.clear();
  for (const std::string& text : texts) {
    const absl::StatusOr<Address> address = ParseAddress(text, Address::Kind::kUdp);
    node.Check(address.ok(), "listen", address.status().message());
    if (address.ok()) addresses.push_back(*address);
  }
}

void ReadSocketMode(ConfigNode node, uint32_t& mode) {
  std::string text = absl::StrFormat("%04o", mode);
  node.Read("socket_mode", text);
  const bool is_octal = !text.empty() && text.size() <= 4 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
  node.Check(is_octal, "socket_mode", "must be up to four octal digits, as for chmod");
  if (is_octal) mode = static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 8)) & 0777;
}

void ReadIngest(ConfigNode node, const ProgramConfig& program, IngestConfig& ingest) {
  ReadListen(node, ingest.listen);
  node.Read("tls_client_ca_file", ingest.tls_client_ca_file);
  for (const Address& address : ingest.listen) {
    node.Check(address.kind != Address::Kind::kTls || program.tls.configured(), "listen",
               absl::StrCat(address.ToString(), " needs the certificate that `tls` names"));
  }
  node.Read("udp_readers", ingest.udp_readers, {.min = 0, .max = 64});
  uint64_t receive_buffer_bytes = static_cast<uint64_t>(ingest.receive_buffer_bytes);
  node.ReadBytes("receive_buffer_bytes", receive_buffer_bytes, {.min = 4096, .max = 1u << 30});
  ingest.receive_buffer_bytes = static_cast<int>(receive_buffer_bytes);
  node.ReadBytes("max_datagram_bytes", ingest.max_datagram_bytes, {.min = 512, .max = 64 << 10});
  node.ReadBytes("max_packet_bytes", ingest.max_packet_bytes, {.min = 512, .max = 16 << 20});
  node.Read("max_connections", ingest.max_connections, {.min = 1, .max = 65536});
  node.Read("idle_timeout", ingest.idle_timeout, {.min = absl::Seconds(1), .max = absl::Hours(24)});
  node.Read("line_timeout", ingest.line_timeout, {.min = absl::Seconds(1), .max = absl::Hours(1)});
  ReadSocketMode(node, ingest.socket_mode);
  node.Read("socket_group", ingest.socket_group);
  node.Read("gauge_deltas", ingest.gauge_deltas);
}

void ReadLimits(ConfigNode node, LimitsConfig& limits) {
  node.Read("max_series", limits.max_series, {.min = 1, .max = 100'000'000});
  node.Read("max_series_per_metric", limits.max_series_per_metric, {.min = 1, .max = 100'000'000});
  node.Read("max_series_per_client", limits.max_series_per_client, {.min = 1, .max = 100'000'000});
  node.Read("max_values_per_tag", limits.max_values_per_tag, {.min = 1, .max = 100'000'000});
  node.Read("new_series_per_second", limits.new_series_per_second, {.min = 0, .max = 100'000'000});
  node.Read("new_series_burst", limits.new_series_burst, {.min = 1, .max = 100'000'000});
  node.Read("new_series_per_second_per_client", limits.new_series_per_second_per_client,
            {.min = 0, .max = 100'000'000});
  node.Read("new_series_burst_per_client", limits.new_series_burst_per_client, {.min = 1, .max = 100'000'000});
  node.Read("max_samples_per_client", limits.max_samples_per_client, {.min = 0, .max = 1'000'000'000'000});
  node.ReadBytes("max_key_bytes", limits.max_key_bytes, {.min = 1 << 20, .max = 1ull << 40});
  node.Read("max_tags", limits.max_tags, {.min = 1, .max = kMaxTags});
  node.ReadBytes("max_tag_bytes", limits.max_tag_bytes, {.min = 16, .max = kMaxTagBytes});
  node.Read("idle_intervals", limits.idle_intervals, {.min = 1, .max = 100'000});
  node.Read("max_events", limits.max_events, {.min = 0, .max = 1'000'000});
  node.Read("max_late_series", limits.max_late_series, {.min = 0, .max = 10'000'000});
  node.ReadBytes("max_check_message_bytes", limits.max_check_message_bytes, {.min = 0, .max = 8 << 10});
}

void ReadFlush(ConfigNode node, FlushConfig& flush) {
  node.Read("compression", flush.compression, {.min = 20, .max = 1000});
  node.Read("reader_timeout", flush.reader_timeout, {.min = absl::Milliseconds(10), .max = absl::Minutes(1)});
}

void ReadForward(ConfigNode node, const ProgramConfig& program, ForwardConfig& forward) {
  std::vector<std::string> texts;
  for (const Address& address : forward.proxies) texts.push_back(address.HostPort());
  node.Read("proxies", texts);
  forward.proxies.clear();
  for (const std::string& text : texts) {
    const absl::StatusOr<Address> address = ParseAddress(text);
    const bool usable = address.ok() && address->kind == Address::Kind::kTcp && !address->host.empty();
    node.Check(usable, "proxies", absl::StrCat("'", text, "' must be host:port"));
    if (!usable) continue;
    node.Check(program.MayUse(*address), "proxies", absl::StrCat(text, " ", kPlaintextRefused));
    forward.proxies.push_back(*address);
  }
  node.Check(!texts.empty(), "proxies", "must name at least one proxy");
  ReadDiscovery(node.Section("discover"), ProxyAddressCheck(program), forward.discover);
  node.Check(forward.discover.sources() <= 1, "discover", "must have one source");
  node.Read("resolve_every", forward.resolve_every, {.min = absl::Seconds(1), .max = absl::Hours(1)});
  node.ReadBytes("memory_bytes", forward.memory_bytes, {.min = 4 << 20, .max = 1ull << 40});
  node.ReadBytes("retain_bytes", forward.retain_bytes, {.min = 0, .max = 1ull << 40});
  node.ReadBytes("retain_disk_bytes", forward.retain_disk_bytes, {.min = 0, .max = 1ull << 40});
}

void ReadSpool(ConfigNode node, SpoolConfig& spool) {
  node.Read("mode", spool.mode);
  const bool known = spool.mode == "off" || spool.mode == "overflow" || spool.mode == "always";
  node.Check(known, "mode", "must be off, overflow or always");
  node.ReadBytes("max_bytes", spool.max_bytes, {.min = 1 << 20, .max = 1ull << 44});
  node.Read("max_age", spool.max_age, {.min = absl::Seconds(1), .max = absl::Hours(24 * 30)});
  node.Read("sync_every", spool.sync_every, {.min = absl::Milliseconds(10), .max = absl::Minutes(1)});
}

void ReadFilter(ConfigNode node, DeviceFilter& filter) {
  node.Read("include", filter.include);
  node.Read("exclude", filter.exclude);
}

void ReadFolder(ConfigNode node, absl::string_view key, std::string& folder) {
  node.Read(key, folder);
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  node.Check(folder.empty() || folder.front() == '/', key, "must be an absolute path");
}

void ReadHostMetrics(ConfigNode node, HostConfig& host) {
  node.Read("enabled", host.enabled);
  node.Read("sample_every", host.sample_every, {.min = absl::Milliseconds(100), .max = absl::Minutes(1)});
  ReadFolder(node, "proc", host.proc);
  ReadFolder(node, "sys", host.sys);
  ReadFolder(node, "root", host.root);
  ReadFolder(node, "cgroup", host.cgroup);
  ReadFilter(node.Section("disks"), host.disks);
  ReadFilter(node.Section("interfaces"), host.interfaces);
  ReadFilter(node.Section("filesystem_types"), host.filesystem_types);
  ReadFilter(node.Section("mountpoints"), host.mountpoints);
}

}  // namespace

AddressCheck ProxyAddressCheck(const ProgramConfig& program) {
  return [program](ConfigNode node, absl::string_view key, const Address& address) {
    node.Check(program.MayUse(address), key, absl::StrCat(address.HostPort(), " ", kPlaintextRefused));
  };
}

absl::StatusOr<LocalConfig> ReadLocalConfig(ConfigDocument& document) {
  LocalConfig config;
  ConfigNode root = document.root();
  ReadProgramConfig(root, config);
  config.flush.interval = config.interval;
  ReadFlush(root.Section("flush"), config.flush);
  root.Read("host", config.host);
  root.Read("data_dir", config.data_dir);
  ReadIngest(root.Section("ingest"), config, config.ingest);
  ReadLimits(root.Section("limits"), config.limits);
  ReadForward(root.Section("forward"), config, config.forward);
  ReadSpool(root.Section("spool"), config.spool);
  ReadHostMetrics(root.Section("host_metrics"), config.host_metrics);
  ReadRules(root, config.rules);
  config.sinks = ReadSinks(root);
  if (const absl::Status status = document.ToStatus(); !status.ok()) return status;
  TRIBUTARY_RETURN_IF_ERROR(BuildRules(config.rules).status());
  return config;
}

}  // namespace tributary
