"""For each alert: series that make it fire, what it says then, and series that do not, a sample a minute for 20 minutes.

    fires: name{labels}: "0+60x20" (from 0, by 60, 20 times), as promtool writes series
"""

A = 'job="tributary-local",instance="a:1"'
P = 'job="tributary-proxy",instance="p:1"'
G = 'job="tributary-global",instance="g:1"'


def case(labels, summary, fires, quiet):
    return {"labels": dict(part.replace('"', "").split("=") for part in labels.split(",")), "summary": summary,
            "fires": fires, "quiet": quiet}


def rises(name, labels, summary, quiet="7x20"):
    """Of a counter that fires whenever it rises: not when it stands, whatever its value."""
    return case(labels, summary, {f"{name}{{{labels}}}": "7+1x20"}, {f"{name}{{{labels}}}": quiet})


CASES = {
    "TributaryDown": case(G, "tributary-global on g:1 does not answer", {f"up{{{G}}}": "1x10 0x10"},
                          {f"up{{{G}}}": "1x17 0x1 1x5", 'up{job="node",instance="n:1"}': "0x20"}),
    "TributaryRestarting": case(
        G, "tributary-global on g:1 began 3 times anew in 15 minutes",
        {f"process_start_time_seconds{{{G}}}": "1x10 2x3 3x3 4x5"},
        {f"process_start_time_seconds{{{G}}}": "1x10 2x10", 'process_start_time_seconds{job="x"}': "1+1x20"}),
    "TributaryFilesExhausted": case(A, "a:1 has 90% of its file descriptors open",
                                    {f"process_open_fds{{{A}}}": "90x20", f"process_max_fds{{{A}}}": "100x20"},
                                    {f"process_open_fds{{{A}}}": "80x20", f"process_max_fds{{{A}}}": "100x20"}),
    "TributaryStuck": rises("tributary_watchdog_stuck_total", f'{G},work="commit"', "Work of g:1 stood still: commit"),
    "TributaryReloadFailed": case(
        f'{P},result="failed"', "p:1 refused its changed configuration and runs with the one it has",
        {f'tributary_config_reloads_total{{{P},result="failed"}}': "0x10 1x10"},
        {f'tributary_config_reloads_total{{{P},result="failed"}}': "1x20",
         f'tributary_config_reloads_total{{{P},result="ok"}}': "0+1x20"}),
    "TributaryHandlerFailed": rises("tributary_http_handler_failures_total", P, "A page of p:1 failed: a bug"),

    "TributaryAgentBooksUnbalanced": case(
        A, "a:1: 2 samples are neither committed, pending nor dropped: a bug",
        {f"tributary_local_samples_forwarded_total{{{A}}}": "100x20",
         f"tributary_local_samples_committed_total{{{A}}}": "90x20",
         f"tributary_local_samples_pending{{{A}}}": "5x20",
         f'tributary_local_samples_dropped_total{{{A},reason="forward_memory"}}': "2x20",
         f'tributary_local_samples_dropped_total{{{A},reason="invalid"}}': "1x20"},
        {f"tributary_local_samples_forwarded_total{{{A}}}": "100x20",
         f"tributary_local_samples_committed_total{{{A}}}": "90x20",
         f"tributary_local_samples_pending{{{A}}}": "5x20",
         f'tributary_local_samples_dropped_total{{{A},reason="forward_memory"}}': "5x20",
         f'tributary_local_samples_dropped_total{{{A},reason="rule"}}': "9x20"}),  # before it was forwarded
    "TributaryDeliveryLoss": rises("tributary_local_samples_dropped_total", f'{A},reason="forward_memory"',
                                   "a:1 lost 10 samples on their way: forward_memory"),
    "TributarySamplesDropped": case(
        f'{A},reason="event_limit"', "a:1 drops samples of its clients: event_limit",
        {f'tributary_local_samples_dropped_total{{{A},reason="event_limit"}}': "0+1x20"},
        {f'tributary_local_samples_dropped_total{{{A},reason="rule"}}': "0+1x20",
         f'tributary_local_samples_dropped_total{{{A},reason="event_limit"}}': "0x15 9x5"}),
    "TributaryLinesRejected": case(
        A, "a:1 cannot read 2 lines a second",
        {f"tributary_local_lines_total{{{A}}}": "0+6000x20",
         f'tributary_local_lines_rejected_total{{{A},reason="no_name"}}': "0+60x20",
         f'tributary_local_lines_rejected_total{{{A},reason="bad_value"}}': "0+60x20"},
        {f"tributary_local_lines_total{{{A}}}": "0+6000x20",
         f'tributary_local_lines_rejected_total{{{A},reason="no_name"}}': "0+50x20"}),
    "TributaryKernelDrops": rises("tributary_local_kernel_drops_total", f'{A},listener="udp"',
                                  "a:1 lost 10 datagrams at udp"),
    "TributaryDatagramsTruncated": rises("tributary_local_datagrams_truncated_total", f'{A},listener="udp"',
                                         "a:1: datagrams at udp are too long"),
    "TributaryConnectionsRefused": case(
        f'{A},listener="tcp",reason="limit"', "a:1 closes connections at tcp: limit",
        {f'tributary_local_connections_refused_total{{{A},listener="tcp",reason="limit"}}': "0+1x20"},
        {f'tributary_local_connections_refused_total{{{A},listener="tcp",reason="idle"}}': "0+1x20"}),
    "TributaryNotConnected": case(A, "a:1 reaches no proxy and keeps what it reads",
                                  {f"tributary_local_proxy_connected{{{A}}}": "1x10 0x10"},
                                  {f"tributary_local_proxy_connected{{{A}}}": "1x10 0x1 1x10"}),
    "TributaryNothingCommitted": case(
        A, "Nothing that a:1 sends is committed",
        {f"tributary_local_samples_forwarded_total{{{A}}}": "0+10x20",
         f"tributary_local_samples_committed_total{{{A}}}": "5x20"},
        {f"tributary_local_samples_forwarded_total{{{A}}}": "5x20",  # nobody sends
         f"tributary_local_samples_committed_total{{{A}}}": "5x20"}),
    "TributaryAgentMemoryFilling": case(A, "a:1 holds 40MiB that are not committed",
                                        {f"tributary_local_pending_bytes{{{A}}}": "41943040x20"},
                                        {f"tributary_local_pending_bytes{{{A}}}": "33554432x20"}),
    "TributaryFlushStopped": case(A, "a:1 closes no intervals",
                                  {f"tributary_local_intervals_closed_total{{{A}}}": "0+6x10 60x10"},
                                  {f"tributary_local_intervals_closed_total{{{A}}}": "0+6x20"}),
    "TributarySlowReaders": rises("tributary_local_slow_readers_total", A, "a:1 reads too slowly: samples come late"),
    "TributarySeriesFolded": rises("tributary_local_samples_folded_total", f'{A},reason="metric_limit"',
                                   "a:1 folds series into __other__: metric_limit"),
    "TributaryLocalRowsDropped": rises("tributary_local_sink_queue_rows_dropped_total", f'{A},sink="file"',
                                       "a:1 drops rows of scope local"),

    "TributaryOwnerFrozen": case(
        f'{P},owner="g0"', "g0 takes blocks of p:1 and commits none",
        {f'tributary_proxy_blocks_routed_total{{{P},owner="g0"}}': "0+5x20",
         f'tributary_proxy_blocks_committed_total{{{P},owner="g0"}}': "9x20"},
        {f'tributary_proxy_blocks_routed_total{{{P},owner="g0"}}': "0+5x20",
         f'tributary_proxy_blocks_committed_total{{{P},owner="g0"}}': "0+5x20",
         f'tributary_proxy_blocks_routed_total{{{P},owner="g1"}}': "9x20",
         f'tributary_proxy_blocks_committed_total{{{P},owner="g1"}}': "9x20"}),
    "TributaryBlocksRefused": rises("tributary_proxy_blocks_refused_total", f'{P},owner="g0",reason="busy"',
                                    "p:1 cannot pass on what is for g0: busy"),
    "TributaryAgentsRefused": rises("tributary_proxy_agents_refused_total", P, "p:1 refuses agents"),

    "TributaryGlobalBooksUnbalanced": case(
        G, "g:1: 1 samples are neither committed, open nor dropped: a bug",
        {f"tributary_global_samples_accepted_total{{{G}}}": "10x20",
         f"tributary_global_samples_committed_total{{{G}}}": "6x20", f"tributary_global_samples_open{{{G}}}": "2x20",
         f'tributary_global_samples_dropped_total{{{G},reason="not_owner"}}': "1x20"},
        {f"tributary_global_samples_accepted_total{{{G}}}": "10x20",
         f"tributary_global_samples_committed_total{{{G}}}": "6x20", f"tributary_global_samples_open{{{G}}}": "3x20",
         f'tributary_global_samples_dropped_total{{{G},reason="not_owner"}}': "1x20"}),
    "TributaryGlobalCopyBehind": case(G, "The copy of the store of g:1 is 20m 0s behind",
                                      {f"tributary_global_copy_lag_seconds{{{G}}}": "0+60x20"},
                                      {f"tributary_global_copy_lag_seconds{{{G}}}": "240x20"}),
    "TributaryGlobalLoss": rises("tributary_global_samples_dropped_total", f'{G},reason="not_owner"',
                                 "g:1 dropped what it had taken, or refuses agents"),
    "TributaryCommitsStopped": case(G, "g:1 commits no intervals",
                                    {f"tributary_global_sealed_through{{{G}}}": "0+6x10 60x10"},
                                    {f"tributary_global_sealed_through{{{G}}}": "0+6x20"}),
    "TributaryPartialCloses": case(
        f'{G},kind="partial"', "g:1 closes windows without some of the agents: percentiles are withheld",
        {f'tributary_global_windows_closed_total{{{G},kind="partial"}}': "0+1x20"},
        {f'tributary_global_windows_closed_total{{{G},kind="partial"}}': "5x20",
         f'tributary_global_windows_closed_total{{{G},kind="complete"}}': "0+9x20"}),
    "TributaryAgentsLost": case(f'{G},state="lost"', "2 agents have gone without a word, says g:1",
                                {f'tributary_global_roster{{{G},state="lost"}}': "2x20"},
                                {f'tributary_global_roster{{{G},state="left"}}': "2x20",
                                 f'tributary_global_roster{{{G},state="lost"}}': "0x20"}),
    "TributaryMergeMemoryFull": case(
        f'{G},status="busy"', "g:1 has no room for open windows",
        {f'tributary_global_units_total{{{G},status="busy"}}': "0+1x20"},
        {f'tributary_global_units_total{{{G},status="busy"}}': "3x20",
         f'tributary_global_units_total{{{G},status="ok"}}': "0+9x20"}),
    "TributaryClockSkew": rises("tributary_global_units_total", f'{G},status="too_new"',
                                "Agents are ahead of the clock of g:1"),
    "TributaryCommitsSlow": case(
        G, "Commits of g:1 take 1.9s",
        {f'tributary_global_commit_duration_seconds_bucket{{{G},le="1"}}': "0x20",
         f'tributary_global_commit_duration_seconds_bucket{{{G},le="2"}}': "0+6x20",
         f'tributary_global_commit_duration_seconds_bucket{{{G},le="+Inf"}}': "0+6x20"},
        {f'tributary_global_commit_duration_seconds_bucket{{{G},le="1"}}': "0+6x20",
         f'tributary_global_commit_duration_seconds_bucket{{{G},le="2"}}': "0+6x20",
         f'tributary_global_commit_duration_seconds_bucket{{{G},le="+Inf"}}': "0+6x20"}),
    "TributaryDiskFilling": case(G, "g:1 has 9B of disk left",
                                 {f"tributary_global_disk_available_bytes{{{G}}}": "9x20",
                                  f"tributary_global_disk_bytes{{{G}}}": "100x20"},
                                 {f"tributary_global_disk_available_bytes{{{G}}}": "11x20",
                                  f"tributary_global_disk_bytes{{{G}}}": "100x20"}),
    "TributarySeriesRefused": rises("tributary_global_series_refused_total", G,
                                    "g:1 knows merge.max_series: running totals start anew"),

    "TributarySinkLagging": case(f'{G},sink="vm"', "Sink vm of g:1 is 3m 0s behind",
                                 {f'tributary_sink_lag_seconds{{{G},sink="vm"}}': "180x20"},
                                 {f'tributary_sink_lag_seconds{{{G},sink="vm"}}': "60x20"}),
    "TributaryOutboxFull": rises("tributary_global_outbox_rows_dropped_total", f'{G},sink="vm"',
                                 "g:1 dropped 10 rows that waited for vm"),
    "TributarySinkRowsDropped": case(
        f'{G},reason="refused",sink="vm"', "Sink vm of g:1 gave rows up: refused",
        {f'tributary_sink_rows_dropped_total{{{G},reason="refused",sink="vm"}}': "0+1x20"},
        {f'tributary_sink_rows_dropped_total{{{G},reason="out_of_order",sink="vm"}}': "0+1x20",
         f'tributary_sink_rows_dropped_total{{{G},reason="refused",sink="vm"}}': "4x20"}),
}
