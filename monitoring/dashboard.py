#!/usr/bin/python3
"""Writes dashboard.json, Grafana's dashboard of Tributary, beside this file: a row per tier, graphs of three in a line.

    monitoring/dashboard.py

Queries have names of metrics as docs/operations.md lists them; `$instance` is what the person chose.
"""
import json
import pathlib

WIDTH, HEIGHT, COLUMNS = 8, 7, 3
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
ON = '{instance=~"$instance"}'


def rate(metric, by="instance", match=""):
    return f'sum by ({by}) (rate({metric}{{instance=~"$instance"{match}}}[$__rate_interval]))'


def latency(metric):
    return (f"histogram_quantile(0.99, sum by (instance, le) "
            f'(rate({metric}_bucket{{instance=~"$instance"}}[$__rate_interval])))')


# [(row, [(title, what to look for, unit, [(query, legend)])])]
ROWS = [
    ("Cluster", [
        ("Samples", "Accepted and committed go together; committed is an interval later.", "ops", [
            ("sum(rate(tributary_local_samples_accepted_total[$__rate_interval]))", "accepted by agents"),
            ("sum(rate(tributary_global_samples_committed_total[$__rate_interval]))", "committed by globals")]),
        ("Lost on the way", "Nothing, ever: agents dropped what they could not deliver, kernels what agents did not read.",
         "ops", [
             ('sum by (reason) (rate(tributary_local_samples_dropped_total'
              '{reason=~"forward_memory|invalid|too_old|conflict"}[$__rate_interval]))', "{{reason}}"),
             ("sum(rate(tributary_local_kernel_drops_total[$__rate_interval]))", "datagrams, in the kernel")]),
        ("Books", "0: every sample is committed, pending or dropped with a reason.", "short", [
            ("sum(tributary_local_samples_forwarded_total) - sum(tributary_local_samples_committed_total)"
             " - sum(tributary_local_samples_pending) - sum(tributary_local_samples_dropped_total"
             '{reason=~"forward_memory|invalid|too_old|conflict"})', "agents"),
            ("sum(tributary_global_samples_accepted_total) - sum(tributary_global_samples_committed_total)"
             " - sum(tributary_global_samples_open) - sum(tributary_global_samples_dropped_total)", "globals")]),
        ("Memory", "", "bytes", [('process_resident_memory_bytes{job=~"tributary.*",instance=~"$instance"}',
                                  "{{job}} {{instance}}")]),
        ("CPU", "1 is a whole core.", "short", [
            ('rate(process_cpu_seconds_total{job=~"tributary.*",instance=~"$instance"}[$__rate_interval])',
             "{{job}} {{instance}}")]),
        ("Starts", "A step is a restart.", "dateTimeAsIso", [
            ('process_start_time_seconds{job=~"tributary.*",instance=~"$instance"} * 1000',
             "{{job}} {{instance}}")]),
    ]),
    ("Agents", [
        ("Lines", "", "ops", [(rate("tributary_local_lines_total"), "{{instance}}")]),
        ("Lines rejected", "A client that does not speak DogStatsD, by reason.", "ops", [
            (rate("tributary_local_lines_rejected_total", "reason"), "{{reason}}")]),
        ("Samples dropped", "By reason, `rule` included: those were asked for.", "ops", [
            (rate("tributary_local_samples_dropped_total", "reason"), "{{reason}}")]),
        ("Series", "Folding begins at limits.max_series, 200,000 by default.", "short", [
            (f"tributary_local_series{ON}", "{{instance}}")]),
        ("Metrics with most series", "The ten worst of each agent.", "short", [
            ("topk(10, max by (metric) (tributary_local_metric_series))", "{{metric}}")]),
        ("Clients by samples", "The ten busiest of each agent, in the last interval.", "short", [
            ("topk(10, sum by (client) (tributary_local_client_samples))", "{{client}}")]),
        ("Tags with most values", "What to leave out by a rule when series are too many.", "short", [
            ("topk(10, max by (tag) (tributary_local_tag_values))", "{{tag}}")]),
        ("Samples folded", "Into __other__: totals are right, tags are gone.", "ops", [
            (rate("tributary_local_samples_folded_total", "reason"), "{{reason}}")]),
        ("Kernel drops", "The agent has no CPU, or too small a receive buffer.", "ops", [
            (rate("tributary_local_kernel_drops_total", "instance, listener"), "{{instance}} {{listener}}")]),
        ("Not committed", "Rises while the cluster takes nothing; loss begins at forward.memory_bytes.", "bytes", [
            (f"tributary_local_pending_bytes{ON}", "{{instance}}")]),
        ("Connected to a proxy", "", "bool_on_off", [(f"tributary_local_proxy_connected{ON}", "{{instance}}")]),
        ("Flush, p99", "From an interval's end until its units are handed on.", "s", [
            (latency("tributary_local_flush_duration_seconds"), "{{instance}}")]),
    ]),
    ("Proxies", [
        ("Agents connected", "", "short", [(f"tributary_proxy_agents{ON}", "{{instance}}")]),
        ("Samples routed", "By owner: equal shares, in the long run.", "ops", [
            (rate("tributary_proxy_samples_routed_total", "owner"), "{{owner}}")]),
        ("Blocks routed and committed", "An owner that commits none of what it is given is frozen.", "ops", [
            (rate("tributary_proxy_blocks_routed_total", "owner"), "routed to {{owner}}"),
            (rate("tributary_proxy_blocks_committed_total", "owner"), "committed by {{owner}}")]),
        ("Queues to owners", "Near grpc.owner_queue_bytes the owner is too slow.", "bytes", [
            (f"tributary_proxy_queue_bytes{ON}", "{{instance}} to {{owner}}")]),
        ("Blocks refused", "Agents keep them and send them again.", "ops", [
            (rate("tributary_proxy_blocks_refused_total", "owner, reason"), "{{owner}} {{reason}}")]),
        ("HTTP requests", "Queries among them.", "ops", [
            (rate("tributary_http_requests_total", "job, instance"), "{{job}} {{instance}}")]),
    ]),
    ("Globals", [
        ("Samples committed", "", "ops", [(rate("tributary_global_samples_committed_total"), "{{instance}}")]),
        ("Intervals sealed", "1 per interval; 0 is a global that stands still.", "ops", [
            (f"sum by (instance) (deriv(tributary_global_sealed_through{ON}[$__rate_interval]))", "{{instance}}")]),
        ("Windows closed", "`partial` is without some agent: its percentiles may be withheld.", "ops", [
            (rate("tributary_global_windows_closed_total", "kind"), "{{kind}}")]),
        ("Agents on the roster", "`lost` above 0: find out whose machine is gone.", "short", [
            ("max by (state) (tributary_global_roster)", "{{state}}")]),
        ("Open windows", "Bound: merge.memory_bytes.", "bytes", [
            (f"tributary_global_windows_open_bytes{ON}", "{{instance}}")]),
        ("Units", "How they were answered.", "ops", [(rate("tributary_global_units_total", "status"), "{{status}}")]),
        ("Commit, p99", "The disk's fsync.", "s", [(latency("tributary_global_commit_duration_seconds"), "{{instance}}")]),
        ("Disk", "Commits fail when nothing is left.", "bytes", [
            (f"tributary_global_store_bytes{ON}", "{{instance}} store"),
            (f"tributary_global_disk_available_bytes{ON}", "{{instance}} left")]),
        ("Queries read", "", "ops", [(rate("tributary_global_selects_total", "result"), "{{result}}")]),
    ]),
    ("Sinks", [
        ("Rows delivered", "", "ops", [(rate("tributary_sink_rows_delivered_total", "instance, sink"),
                                        "{{instance}} {{sink}}")]),
        ("Rows dropped", "The storage will never take them, by reason.", "ops", [
            (rate("tributary_sink_rows_dropped_total", "sink, reason"), "{{sink}} {{reason}}")]),
        ("Retries", "Steadily: the storage is down, or refuses us.", "ops", [
            (rate("tributary_sink_retries_total", "instance, sink"), "{{instance}} {{sink}}")]),
        ("Lag", "", "s", [(f"tributary_sink_lag_seconds{ON}", "{{instance}} {{sink}}")]),
        ("Outbox", "Bound: outbox.max_bytes.", "bytes", [(f"tributary_global_outbox_bytes{ON}", "{{instance}}")]),
        ("Outbox rows lost", "The outbox was full.", "ops", [
            (rate("tributary_global_outbox_rows_dropped_total", "instance, sink"), "{{instance}} {{sink}}")]),
    ]),
]


def graph(number, x, y, title, description, unit, queries):
    return {
        "id": number, "type": "timeseries", "title": title, "description": description, "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [{"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": query, "legendFormat": legend}
                    for n, (query, legend) in enumerate(queries)],
    }


def panels():
    number, y = 0, 0
    for row, graphs in ROWS:
        number += 1
        yield {"id": number, "type": "row", "title": row, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": y, "w": WIDTH * COLUMNS, "h": 1}}
        y += 1
        for n, told in enumerate(graphs):
            number += 1
            yield graph(number, n % COLUMNS * WIDTH, y + n // COLUMNS * HEIGHT, *told)
        y += -(-len(graphs) // COLUMNS) * HEIGHT


def dashboard():
    return {
        "uid": "tributary", "title": "Tributary", "tags": ["tributary"], "schemaVersion": 36, "editable": True,
        "refresh": "30s", "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
            {"name": "instance", "type": "query", "label": "Instance", "datasource": SOURCE, "multi": True,
             "includeAll": True, "allValue": ".*", "refresh": 2, "sort": 1,
             "query": {"query": 'label_values(up{job=~"tributary.*"}, instance)', "refId": "instance"}}]},
        "panels": list(panels()),
    }


def text():
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("dashboard.json").write_text(text())
