"""Unchanged client libraries, over every transport they share with the agent, with and without client-side aggregation
where they have it: what they sent is what is committed. Settings are the defaults but for those that clients/README.md
names.

    client, client, ... -> agent-0 -> proxy -> global-0, global-1 -> JSON lines        interval 1 s

Each client is sent once per line of its `runs`, all at once, each under a prefix of its own. clients/README.md says what
they send, and which is not here.

usage: real_clients_test.py [DatadogGoTest ...]
"""
import contextlib
import json
import os
import subprocess
import time
import unittest

import statsd  # Debian's python3-statsd

import client_programs
from cluster import Cluster, free_port, lambda_text

TAGS = ["region:eu", "stadt:köln"]
VALUES = {"timer": ("latency", [1, 2, 3, 4, 5]), "histogram": ("size", [10, 20, 30, 40, 50]),
          "distribution": ("cost", [100, 200, 300, 400, 500])}


@contextlib.contextmanager
def cluster_with_tcp():
    """A cluster whose agent listens on TCP, too."""
    cluster = Cluster(agents=1)
    agent = cluster.agents[0]
    agent.tcp_port = free_port()
    agent.config.write_text(agent.config.read_text().replace(
        "  listen:\n", f"  listen:\n    - tcp://127.0.0.1:{agent.tcp_port}\n", 1))
    with cluster:
        yield cluster


def address_of(agent, transport):
    return {"udp": f"127.0.0.1:{agent.udp_port}", "tcp": f"127.0.0.1:{agent.tcp_port}",
            "unixgram": agent.socket_path, "unixstream": agent.socket_path.parent / "dsd.stream"}[transport]


class ClientTest:
    """What is the same for all clients that follow clients/README.md."""
    runs = []  # of (transport, further arguments ...)
    seconds = 3
    telemetry = False  # in band: datadog.dogstatsd.client.*
    check_message = "slow: größer\nthan usual"

    def command(self, run):
        raise NotImplementedError

    def as_sent(self, run, text):
        """What the client makes of a text that is not ASCII."""
        return text

    def gauge_tags(self, run):
        """What the client adds to the tags of gauges."""
        return []

    def test_what_was_sent_is_committed(self):
        commands = [self.command(run) for run in self.runs]
        with cluster_with_tcp() as cluster:
            sent = self.send(cluster, commands)
            cluster.assert_books_balance(self)
            cluster.wait_for(lambda: not self.missing(cluster, sent), 30,
                             lambda_text(lambda: f"everything in the sinks: (sent, committed) {self.missing(cluster, sent)}"))
            for prefix, told in sent.items():
                with self.subTest(prefix):
                    self.check(cluster, prefix, told)
            self.check_client_telemetry(cluster)
            self.assert_nothing_was_refused(cluster)

    def send(self, cluster, commands):
        """{prefix: what the client says that it sent}; all run at the same time."""
        agent = cluster.agents[0]
        running = {}
        for number, (run, command) in enumerate(zip(self.runs, commands)):
            transport, *mode = run[-2:] if len(run) > 1 and run[-1] in ("extended", "aggregated") else run[-1:]
            environment = {**os.environ, "DD_EXTERNAL_ENV": "it-false,cn-shop,pu-0123"}
            if transport == "unixgram":
                environment["DD_ENTITY_ID"] = "pod-0123"  # as the older origin detection wants it: a tag
            prefix = f"c{number}"
            arguments = [*command, transport, address_of(agent, transport), prefix, str(self.seconds), *mode]
            running[prefix] = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
            self.addCleanup(running[prefix].kill)
        sent = {}
        for prefix, child in running.items():
            out, _ = child.communicate(timeout=self.seconds + 60)
            self.assertEqual(child.returncode, 0, self.runs[int(prefix[1:])])
            sent[prefix] = json.loads(out.splitlines()[-1])
            self.assertGreater(sent[prefix]["rounds"], 50)
        return sent

    def missing(self, cluster, sent):
        """{run: (sent, committed)} of `bytes`, of runs that are not committed."""
        bytes_of = {prefix: (250 * told["rounds"], cluster.total(f"{prefix}.bytes")) for prefix, told in sent.items()}
        return {self.runs[int(prefix[1:])]: pair for prefix, pair in bytes_of.items() if pair[0] > pair[1]}

    def check(self, cluster, prefix, told):
        kinds, rounds = told["kinds"], told["rounds"]
        run = self.runs[int(prefix[1:])]
        text = lambda text: self.as_sent(run, text)
        tags = [text(tag) for tag in TAGS]
        self.assertEqual(cluster.total(f"{prefix}.requests"), 10 * rounds)
        self.assertEqual(cluster.total(f"{prefix}.bytes"), 250 * rounds)
        for kind, (name, values) in VALUES.items():
            if kind in kinds:
                self.check_distribution(cluster, f"{prefix}.{name}", kind, values, rounds, tags)
        last = max(cluster.rows_of(f"{prefix}.depth"), key=lambda row: row["interval"])
        self.assertEqual(last["last"], told["last_gauge"])
        self.assertEqual(last["tag_list"], ["host:node-0", *tags, *self.gauge_tags(run)])  # gauges are kept by host
        if "sampled" in kinds:
            self.check_sampled(cluster.total(f"{prefix}.sampled"), 10 * rounds)
        if "set" in kinds:
            # Those that aggregate send the members of 2 s together.
            self.assertEqual(round(max(row["estimate"] for row in cluster.rows_of(f"{prefix}.users"))), 20)
        if "event" in kinds:
            self.check_event(cluster, prefix, tags, text)
        if "check" in kinds:
            self.check_check(cluster, prefix, tags, text)

    def check_distribution(self, cluster, name, kind, values, rounds, tags):
        rows = cluster.rows_of(name)
        self.assertEqual({row["type"] for row in rows}, {kind})
        self.assertEqual({tuple(row["tag_list"]) for row in rows}, {tuple(tags)})
        self.assertEqual(sum(row["count"] for row in rows), 5 * rounds)
        self.assertEqual(sum(row["sum"] for row in rows), sum(values) * rounds)
        self.assertEqual((min(row["min"] for row in rows), max(row["max"] for row in rows)), (values[0], values[-1]))
        # And any percentile can be asked again.
        reply = cluster.query(f"quantile([0.1, 0.5, 0.9], {name}[10m])")
        self.assertEqual([float(item["value"][1]) for item in reply["data"]["result"]],
                         [values[0], values[2], values[4]])

    def check_sampled(self, total, calls):
        """Each call passes by a coin's toss and counts twice; beyond six standard deviations lie 2e-9."""
        self.assertEqual(total % 2, 0)
        self.assertLess(abs(total - calls), 6 * calls ** 0.5)

    def check_event(self, cluster, prefix, tags, text):
        told = [event for event in cluster.events() if event["title"].startswith(f"{prefix} ")]
        self.assertEqual([(event["title"], event["text"], event["alert_type"], sorted(event["tag_list"])) for event in told],
                         [(text(f"{prefix} größer | zweimal"), "line one\nline two", "warning", tags)])

    def check_check(self, cluster, prefix, tags, text):
        told = cluster.rows_of(f"{prefix}.up")
        self.assertEqual([(row["type"], row["status"], row["message"], row["tag_list"]) for row in told],
                         [("check", 1, text(self.check_message), ["host:node-0", *tags])])

    def check_client_telemetry(self, cluster):
        if not self.telemetry:
            return
        self.assertGreater(cluster.total("datadog.dogstatsd.client.metrics"), 0)
        for what in ("packets_dropped", "packets_dropped_queue", "packets_dropped_writer", "bytes_dropped",
                     "metric_dropped_on_receive"):
            self.assertEqual(cluster.total(f"datadog.dogstatsd.client.{what}"), 0, what)

    def assert_nothing_was_refused(self, cluster):
        metrics = cluster.agents[0].metrics()
        losses = {key: value for key, value in metrics.items() if value and key.partition("{")[0] in
                  ("tributary_local_lines_rejected_total", "tributary_local_samples_dropped_total",
                   "tributary_local_sections_skipped_total", "tributary_local_samples_folded_total")}
        self.assertEqual(losses, {})


class DatadogGoTest(ClientTest, unittest.TestCase):
    runs = [(transport, *mode) for transport in ("udp", "unixgram", "unixstream") for mode in ((), ("extended",))]
    seconds = 11  # it tells of itself every 10 s
    telemetry = True

    def command(self, run):
        return client_programs.datadog_go()


class DatadogPyTest(ClientTest, unittest.TestCase):
    runs = [(transport, *mode) for transport in ("udp", "unixgram", "unixstream") for mode in ((), ("aggregated",))]
    seconds = 11
    telemetry = True

    def command(self, run):
        return client_programs.datadog_py()


class HotShotsTest(ClientTest, unittest.TestCase):
    runs = [(transport, *mode) for transport in ("udp", "tcp", "unixgram", "unixstream")
            for mode in ((), ("aggregated",))]
    seconds = 11  # it tells of itself every 10 s
    telemetry = True
    check_message = "slow: größer"

    def command(self, run):
        return client_programs.hot_shots()

    def as_sent(self, run, text):
        """Over TCP hot-shots writes a byte per character."""
        return text.encode("latin-1").decode("utf-8", "replace") if run[0] == "tcp" else text


class JavaTest(ClientTest, unittest.TestCase):
    runs = [("DogStatsD", "udp"), ("DogStatsD", "unixgram"), ("DogStatsD", "unixstream"),
            ("Micrometer", "udp"), ("Micrometer", "tcp"), ("Micrometer", "unixgram")]
    seconds = 11
    telemetry = True

    def command(self, run):
        return client_programs.java(run[0])

    def gauge_tags(self, run):
        return ["statistic:value"] if run[0] == "Micrometer" else []


class CadenceTest(ClientTest, unittest.TestCase):
    runs = [("udp",), ("unixgram",)]

    def command(self, run):
        return client_programs.cadence()


class PythonStatsdTest(unittest.TestCase):
    """Plain StatsD: no tags, signed gauge deltas, pipelines."""

    def check(self, make_client):
        with cluster_with_tcp() as cluster:
            client = make_client(cluster.agents[0])
            for n in range(1000):
                client.incr("requests")
                client.timing("latency", 1 + n % 10)
                client.set("users", f"user-{n % 50}")
                client.incr("sampled", rate=0.5)
                if n % 50 == 0:
                    time.sleep(0.005)
            client.gauge("level", 70)
            client.gauge("level", 5, delta=True)
            client.gauge("level", -25, delta=True)
            with client.pipeline() as pipe:
                for _ in range(200):
                    pipe.incr("requests", 3)
                    pipe.decr("requests", 1)
            # Each on its own way: the sinks of two globals.
            cluster.wait_for(lambda: cluster.total("py.requests") >= 1400 and cluster.count("py.latency") >= 1000
                             and cluster.rows_of("py.level"), 30, "all requests, timers and the gauge in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("py.requests"), 1000 + 200 * (3 - 1))
            self.assertEqual(cluster.count("py.latency"), 1000)
            self.assertEqual(sum(row["sum"] for row in cluster.rows_of("py.latency")), 5500)
            ClientTest.check_sampled(self, cluster.total("py.sampled"), 1000)
            self.assertEqual(round(max(row["estimate"] for row in cluster.rows_of("py.users"))), 50)
            last = max(cluster.rows_of("py.level"), key=lambda row: row["interval"])
            self.assertEqual(last["last"], 50)
            self.assertEqual(cluster.books(cluster.agents[0])[2], 0)

    def test_over_udp(self):
        self.check(lambda agent: statsd.StatsClient("127.0.0.1", agent.udp_port, prefix="py"))

    def test_over_tcp(self):
        self.check(lambda agent: statsd.TCPStatsClient("127.0.0.1", agent.tcp_port, prefix="py"))

    def test_over_a_unix_stream(self):
        path = lambda agent: str(address_of(agent, "unixstream"))
        self.check(lambda agent: statsd.UnixSocketStatsClient(path(agent), prefix="py"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
