"""Real storages behind the whole chain: VictoriaMetrics and Prometheus from Debian's packages are fed by remote write and
hold what was committed, each point once, whatever they or the way to them did meanwhile.

    python -> agent-0 -> proxy -> global-0, global-1 -> relay -> storage        interval 1 s

usage: storage_test.py [VictoriaMetricsTest.test_... | PrometheusTest.test_... | ...HistogramTest]
TRIBUTARY_OUTAGE_SECONDS is how long each outage lasts (default 12).
"""
import http.client
import json
import math
import os
import random
import subprocess
import time
import unittest
import urllib.parse

from cluster import Cluster, free_port, http_get, lambda_text
from http_relay import HttpRelay

OUTAGE_SECONDS = float(os.environ.get("TRIBUTARY_OUTAGE_SECONDS", "12"))
SERIES = 20


class Storage:
    """One program of a storage; its data stay in `folder` from one start to the next."""

    def __init__(self, port, folder):
        folder.mkdir()
        self.port, self.folder = port, folder
        self.url = f"http://127.0.0.1:{port}"
        self.child = None

    def start(self):
        self.child = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        if self.child is not None:
            self.child.terminate()
            self.child.wait(timeout=30)
            self.child = None

    def is_up(self):
        try:
            return http_get(self.url + self.ready)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def query(self, expression, at):
        status, text = http_get(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression, "time": at,
                                                                                      "nocache": 1}))
        assert status == 200, text
        return json.loads(text)["data"]["result"]

    def values(self, expression):
        """{labels: value} now."""
        return {frozenset(item["metric"].items()): float(item["value"][1]) for item in self.query(expression, time.time())}

    def points(self, name):
        """{series tag: [(unix ms, value), ...]} of all that is stored."""
        return {item["metric"].get("n"): [(round(at * 1000), float(value)) for at, value in item["values"]]
                for item in self.query(f"{name}[1h]", time.time())}


class VictoriaMetrics(Storage):
    ready = "/health"

    def command(self):
        return ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.folder}",
                "-retentionPeriod=1", "-search.latencyOffset=0s", "-dedup.minScrapeInterval=1ms"]

    def points(self, name):
        http_get(self.url + "/internal/force_flush")  # what it took is shown at once
        return super().points(name)


class Prometheus(Storage):
    ready = "/-/ready"

    def command(self):
        config = self.folder / "prometheus.yml"
        config.write_text("global: {}\n")
        return ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver"]


class PrometheusWithHistograms(Prometheus):
    def command(self):
        return [*super().command(), "--enable-feature=native-histograms"]


def start(test, port, write_port, sink_options):
    """A cluster whose owners write to `write_port`, and the test's storage on `port`."""
    sink = f"  - {{kind: remote_write, url: 'http://127.0.0.1:{write_port}/api/v1/write', timeout: 3s, {sink_options}}}\n"
    test.cluster = test.enterContext(Cluster(agents=1, sinks=sink))
    test.storage = test.make_storage(port, test.cluster.dir / "storage")
    test.addCleanup(test.storage.end)
    test.storage.start()
    test.cluster.wait_for(test.storage.is_up, 60, "the storage up")


class StorageTest:
    """What is the same for all storages."""
    make_storage = None
    refuses_repeats = False  # of what is older than a series' last sample; docs/decisions/0005

    def setUp(self):
        port = free_port()
        self.relay = self.enterContext(HttpRelay(port))
        start(self, port, self.relay.port, "percentiles: [0.5, 0.9, 0.99, 0.999]")

    def send_for(self, seconds):
        """Counts each of SERIES series once and times it twice, ten times a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.cluster.agents[0].send_unix(b"\n".join(b"shop.orders:1|c|#n:%d\nshop.wait:1:%d|ms|#n:%d" % (n, n, n)
                                                        for n in range(SERIES)))
            time.sleep(0.1)

    def committed(self):
        """({series: points} of the running totals, {series: points} of the 90th percentile), by what the owners wrote."""
        totals, percentiles = {}, {}
        for row in sorted(self.cluster.rows(), key=lambda row: row["interval"]):
            series = row["tags"].get("n")
            if row["name"] == "shop.orders":
                points = totals.setdefault(series, [(row["start_unix_ms"] + 1, 0.0)])
                points.append((row["end_unix_ms"], row["total"]["count"]))
            elif row["name"] == "shop.wait":
                percentiles.setdefault(series, []).append((row["end_unix_ms"], row["percentiles"]["p90"]))
        return totals, percentiles

    def stored(self):
        return self.storage.points("shop_orders_total"), self.storage.points('shop_wait{quantile="0.9"}')

    def sinks(self, what, **labels):
        return sum(process.metric(f"tributary_sink_{what}", sink="remote_write", **labels)
                   for process in self.cluster.globals)

    def assert_everything_is_there_once(self):
        self.cluster.assert_books_balance(self)
        def settled():
            return sum(process.metric("tributary_global_outbox_rows_queued") for process in self.cluster.globals) == 0
        self.cluster.wait_for(settled, 60, "outboxes empty")
        committed = self.committed()
        self.cluster.wait_for(lambda: self.stored() == committed, 20, lambda_text(lambda: self.difference(committed)))
        self.assertEqual(len(committed[0]), SERIES)
        repeated = self.sinks("rows_dropped_total", reason="out_of_order") if self.refuses_repeats else 0
        self.assertEqual(self.sinks("rows_dropped_total") - repeated, 0)

    def difference(self, committed):
        lines = ["what was committed in the storage"]
        for here, there in zip(committed, self.stored()):
            for series in here.keys() | there.keys():
                missing = set(here.get(series, [])) - set(there.get(series, []))
                further = set(there.get(series, [])) - set(here.get(series, []))
                if missing or further:
                    lines.append(f"{series}: missing {sorted(missing)[:5]}, further {sorted(further)[:5]}")
        return "\n".join(lines)

    def misbehave(self, behave):
        self.send_for(2)
        self.relay.behave = behave
        self.send_for(OUTAGE_SECONDS)
        self.relay.behave = self.relay.forward
        self.send_for(2)
        self.assert_everything_is_there_once()

    def test_a_storage_that_was_down_receives_everything_once(self):
        self.send_for(2)
        self.storage.end()
        self.send_for(OUTAGE_SECONDS)
        self.storage.start()
        self.send_for(2)
        self.assert_everything_is_there_once()
        self.assertGreater(self.sinks("retries_total"), 0)

    def test_a_slow_storage_receives_everything_once(self):
        self.misbehave(self.relay.slowly(1.5))

    def test_a_storage_slower_than_the_timeout_receives_everything_once(self):
        self.misbehave(self.relay.slowly(4))
        self.assertGreater(self.sinks("retries_total"), 0)

    def test_after_429_with_retry_after_everything_is_there_once(self):
        self.misbehave(self.relay.refuse(429, retry_after=2))
        # Two owners, each a request in at least two seconds.
        self.assertLessEqual(self.relay.answers[429], 2 * (OUTAGE_SECONDS / 2 + 2))

    def test_after_500_everything_is_there_once(self):
        self.misbehave(self.relay.refuse(500))
        self.assertGreater(self.relay.answers[500], 2)

    def test_what_was_applied_and_answered_500_is_there_once(self):
        self.misbehave(self.relay.apply_and_fail)
        self.assertGreater(self.relay.answers[500], 2)


class VictoriaMetricsTest(StorageTest, unittest.TestCase):
    make_storage = VictoriaMetrics

    def test_it_answers_with_what_was_sent(self):
        values = list(range(1, 1001))
        agent = self.cluster.agents[0]
        agent.send_unix(*[b"shop.latency:%d|ms|#region:eu" % v for v in values],
                        *[b"shop.orders:2|c|#region:eu"] * 50, b"shop.orders:1|c|#region:us|@0.1")
        time.sleep(2.5)
        agent.send_unix(*[b"shop.orders:3|c|#region:eu"] * 10)

        region = lambda r: frozenset({("__name__", "shop_orders_total"), ("region", r)})
        orders = lambda: self.storage.values("shop_orders_total")
        self.cluster.wait_for(lambda: orders().get(region("eu")) == 130, 30, "the running total of both intervals")
        self.assertEqual(orders()[region("us")], 10)
        self.assertEqual(sorted(self.storage.values("increase(shop_orders_total[5m])").values()), [10, 130])

        rows = self.cluster.rows_of("shop.latency")
        self.assertEqual(sum(row["count"] for row in rows), 1000)
        for row in rows:
            at = row["end_unix_ms"] / 1000
            for name, quantile in [("p50", "0.5"), ("p90", "0.9"), ("p99", "0.99"), ("p99.9", "0.999")]:
                told = self.storage.query(f'shop_latency{{quantile="{quantile}"}}', at)
                self.assertEqual([float(item["value"][1]) for item in told], [row["percentiles"][name]])
        self.assertEqual(self.storage.values("shop_latency_count"),
                         {frozenset({("__name__", "shop_latency_count"), ("region", "eu")}): 1000})
        self.assertEqual(list(self.storage.values("shop_latency_sum").values()), [sum(values)])


class PrometheusTest(StorageTest, unittest.TestCase):
    make_storage = Prometheus
    refuses_repeats = True


class HistogramTest:
    """Percentiles of the fleet by the storage's own functions, while owners are killed."""
    make_storage = None
    sink_options = None
    bucket_ratio = None  # of neighbouring bounds: how far a percentile may be off

    def setUp(self):
        port = free_port()
        start(self, port, port, f"percentiles: [], {self.sink_options}")

    def send_for(self, seconds):
        """Two regions of log-normal latencies, sixty and forty of a hundred lines each tenth of a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            lines = []
            for region, count, middle in (("eu", 60, 4.0), ("us", 40, 3.5)):
                for _ in range(count):
                    value = round(self.random.lognormvariate(middle, 0.6), 6)
                    self.sent.setdefault(region, []).append(value)
                    lines.append(f"shop.wait:{value!r}|ms|#region:{region}".encode())
            self.cluster.agents[0].send_unix(b"\n".join(lines))
            time.sleep(0.1)

    def test_percentiles_are_those_of_all_samples_whatever_owners_did(self):
        self.random, self.sent = random.Random(20), {}
        self.send_for(3)
        for owner in self.cluster.globals:
            owner.kill()
            self.send_for(1.5)
            owner.start()
            self.send_for(3)
        self.cluster.assert_books_balance(self)
        everything = sum(map(len, self.sent.values()))
        self.cluster.wait_for(lambda: self.stored_samples() == everything, 60,
                              lambda_text(lambda: f"{self.stored_samples()} of {everything} samples in the storage"))
        for regions, told in ((["eu"], self.p99('{region="eu"}')), (["us"], self.p99('{region="us"}')),
                              (["eu", "us"], self.p99(""))):
            exact = sorted(value for region in regions for value in self.sent[region])
            p99 = exact[math.ceil(0.99 * len(exact)) - 1]
            self.assertLess(abs(math.log(told / p99)), math.log(self.bucket_ratio) + 0.005, (regions, told, p99))


class PrometheusHistogramTest(HistogramTest, unittest.TestCase):
    make_storage = PrometheusWithHistograms
    sink_options = "histograms: native"
    bucket_ratio = 2 ** (1 / 16)

    def stored_samples(self):
        """Of every interval's histogram, each once: what `increase` adds up, without its extrapolation."""
        return sum(float(histogram["count"]) for series in self.storage.query("shop_wait[1h]", time.time())
                   for _, histogram in series["histograms"])

    def p99(self, selector):
        result = self.storage.query(f"histogram_quantile(0.99, sum(increase(shop_wait{selector}[10m])))", time.time())
        return float(result[0]["value"][1])


class VictoriaMetricsHistogramTest(HistogramTest, unittest.TestCase):
    make_storage = VictoriaMetrics
    sink_options = "histograms: vmrange"
    bucket_ratio = 10 ** (1 / 18)

    def stored_samples(self):
        http_get(self.storage.url + "/internal/force_flush")
        result = self.storage.query("sum(increase(shop_wait_bucket[10m]))", time.time())
        return float(result[0]["value"][1]) if result else 0

    def p99(self, selector):
        result = self.storage.query(
            f"histogram_quantile(0.99, sum(increase(shop_wait_bucket{selector}[10m])) by (vmrange))", time.time())
        return float(result[0]["value"][1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
