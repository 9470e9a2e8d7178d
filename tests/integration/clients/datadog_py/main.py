"""Sends the known mixture (../README.md) with the PyPI package `datadog`, and ends.

usage: main.py TRANSPORT ADDRESS PREFIX SECONDS [aggregated]

With its default settings it sends a datagram per metric; aggregated: with client-side aggregation.
"""
import json
import sys
import time

import datadog

TAGS = ["region:eu", "stadt:köln"]


def main(transport, address, prefix, seconds, mode=""):
    options = {"statsd_disable_aggregation": mode != "aggregated"}
    if transport == "udp":
        host, port = address.split(":")
        options.update(statsd_host=host, statsd_port=int(port))
    else:
        options["statsd_socket_path"] = {"unixgram": "", "unixstream": "unixstream://"}[transport] + address
    datadog.initialize(**options)
    client = datadog.statsd
    if transport == "unixgram":
        client.set_socket_timeout(None)  # by default it drops what a full socket does not take at once

    rounds, gauge, end = 0, 0.0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for _ in range(10):
            client.increment(f"{prefix}.requests", tags=TAGS)
            client.increment(f"{prefix}.sampled", tags=TAGS, sample_rate=0.5)
        client.increment(f"{prefix}.bytes", 250, tags=TAGS)
        gauge = rounds + 0.5
        client.gauge(f"{prefix}.depth", gauge, tags=TAGS)
        for i in range(1, 6):
            client.timing(f"{prefix}.latency", i, tags=TAGS)
            client.histogram(f"{prefix}.size", i * 10, tags=TAGS)
            client.distribution(f"{prefix}.cost", i * 100, tags=TAGS)
        client.set(f"{prefix}.users", f"user-{rounds % 20}", tags=TAGS)
        rounds += 1
        time.sleep(0.01)
    client.event(f"{prefix} größer | zweimal", "line one\nline two", alert_type="warning", tags=TAGS)
    client.service_check(f"{prefix}.up", client.WARNING, tags=TAGS, message="slow: größer\nthan usual")
    client.flush_aggregated_metrics() if mode == "aggregated" else None
    client.flush()
    client.stop()
    kinds = ["counter", "gauge", "timer", "histogram", "distribution", "set", "event", "check"]
    if mode != "aggregated":  # there a whole flush passes, or not, by one toss of the coin
        kinds.append("sampled")
    print(json.dumps({"rounds": rounds, "last_gauge": gauge, "kinds": kinds}))


main(*sys.argv[1:])
