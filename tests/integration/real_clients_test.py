"""Unchanged clients with their default settings: what they sent is what is committed."""
import json
import os
import pathlib
import subprocess
import time
import unittest

import statsd  # Debian's python3-statsd

from cluster import Cluster

HERE = pathlib.Path(__file__).resolve().parent
TAGS = ["region:eu", "service:shop"]


def build_go_client(folder):
    """datadog-go needs a Go toolchain: the machine's, or Debian's golang-go."""
    binary = folder / "datadog_go"
    subprocess.run(["go", "build", "-o", binary, "."], cwd=HERE / "clients" / "datadog_go", check=True, timeout=600)
    return binary


class DatadogGoTest(unittest.TestCase):
    def check(self, address_of):
        with Cluster(agents=1) as cluster:
            client = build_go_client(cluster.dir)
            done = subprocess.run([client, address_of(cluster.agents[0]), "go", "11"], check=True, timeout=60,
                                  capture_output=True, text=True)
            sent = json.loads(done.stdout)
            rounds = sent["rounds"]
            self.assertGreater(rounds, 50)
            cluster.wait_for(lambda: cluster.count("go.cost") >= 5 * rounds, 30, "all distributions in the sinks")
            cluster.assert_books_balance(self)

            self.assertEqual(cluster.total("go.requests"), 10 * rounds)
            self.assertEqual(cluster.total("go.bytes"), 250 * rounds)
            for name, kind, values in [("go.latency", "timer", [1, 2, 3, 4, 5]),
                                       ("go.size", "histogram", [10, 20, 30, 40, 50]),
                                       ("go.cost", "distribution", [100, 200, 300, 400, 500])]:
                rows = cluster.rows_of(name)
                self.assertEqual({row["type"] for row in rows}, {kind})
                self.assertEqual({tuple(row["tag_list"]) for row in rows}, {tuple(TAGS)})
                self.assertEqual(sum(row["count"] for row in rows), 5 * rounds)
                self.assertEqual(sum(row["sum"] for row in rows), sum(values) * rounds)
                self.assertEqual(min(row["min"] for row in rows), values[0])
                self.assertEqual(max(row["max"] for row in rows), values[-1])
            last = max(cluster.rows_of("go.depth"), key=lambda row: row["interval"])
            self.assertEqual(last["last"], sent["last_gauge"])
            self.assertIn("host:node-0", last["tag_list"])  # gauges are kept by host
            # The client aggregates for 2 s, in which every member comes.
            self.assertEqual(round(max(row["estimate"] for row in cluster.rows_of("go.users"))), sent["members"])
            # The client's own telemetry arrives in band, and says that it dropped nothing.
            self.assertGreater(cluster.total("datadog.dogstatsd.client.metrics"), 0)
            self.assertEqual(cluster.total("datadog.dogstatsd.client.packets_dropped"), 0)
            self.assertEqual(cluster.books(cluster.agents[0])[2], 0)
            # And any percentile can be asked again.
            reply = cluster.query("quantile([0.1, 0.5, 0.9], go.cost[10m])")
            self.assertEqual([float(item["value"][1]) for item in reply["data"]["result"]], [100, 300, 500])

    def test_over_udp(self):
        self.check(lambda agent: f"127.0.0.1:{agent.udp_port}")

    def test_over_a_unix_datagram_socket(self):
        self.check(lambda agent: f"unix://{agent.socket_path}")

    def test_over_a_unix_stream_socket(self):
        self.check(lambda agent: f"unixstream://{agent.socket_path.parent}/dsd.stream")


class PythonStatsdTest(unittest.TestCase):
    def test_plain_statsd_over_udp(self):
        with Cluster(agents=1) as cluster:
            client = statsd.StatsClient("127.0.0.1", cluster.agents[0].udp_port, prefix="py")
            for n in range(1000):
                client.incr("requests")
                client.timing("latency", 1 + n % 10)
                client.set("users", f"user-{n % 50}")
                if n % 50 == 0:
                    time.sleep(0.005)
            client.gauge("level", 70)
            client.gauge("level", 5, delta=True)
            client.gauge("level", -25, delta=True)
            with client.pipeline() as pipe:
                for _ in range(200):
                    pipe.incr("requests", 3)
                    pipe.decr("requests", 1)
            cluster.wait_for(lambda: cluster.total("py.requests") >= 1400, 30, "all requests in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("py.requests"), 1000 + 200 * (3 - 1))
            self.assertEqual(cluster.count("py.latency"), 1000)
            self.assertEqual(sum(row["sum"] for row in cluster.rows_of("py.latency")), 5500)
            last = max(cluster.rows_of("py.level"), key=lambda row: row["interval"])
            self.assertEqual(last["last"], 50)
            self.assertEqual(cluster.books(cluster.agents[0])[2], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
