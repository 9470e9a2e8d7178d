"""A real storage behind the whole chain: a VictoriaMetrics from Debian's package is fed by remote write and answers with
what was sent.

    python -> agent-0 -> proxy -> global-0, global-1 -> victoria-metrics        interval 1 s
"""
import json
import subprocess
import time
import unittest
import urllib.parse

from cluster import Cluster, free_port, http_get


class VictoriaMetrics:
    def __init__(self, port, folder):
        folder.mkdir()
        self.child = subprocess.Popen(
            ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}",
             "-retentionPeriod=1", "-search.latencyOffset=0s", "-dedup.minScrapeInterval=1ms"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"

    def is_up(self):
        try:
            return http_get(self.url + "/health")[0] == 200
        except OSError:
            return False

    def query(self, expression, at):
        status, text = http_get(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression, "time": at,
                                                                                      "nocache": 1}))
        assert status == 200, text
        return {frozenset(item["metric"].items()): float(item["value"][1]) for item in json.loads(text)["data"]["result"]}

    def end(self):
        self.child.kill()
        self.child.wait(timeout=10)


class StorageTest(unittest.TestCase):
    def test_victoria_metrics_answers_with_what_was_sent(self):
        port = free_port()
        sink = f"  - {{kind: remote_write, url: 'http://127.0.0.1:{port}/api/v1/write', percentiles: [0.5, 0.9, 0.99, 0.999]}}\n"
        with Cluster(agents=1, sinks=sink) as cluster:
            storage = VictoriaMetrics(port, cluster.dir / "vm")
            self.addCleanup(storage.end)
            cluster.wait_for(storage.is_up, 30, "VictoriaMetrics up")

            values = list(range(1, 1001))
            cluster.agents[0].send_unix(*[b"shop.latency:%d|ms|#region:eu" % v for v in values],
                                        *[b"shop.orders:2|c|#region:eu"] * 50, b"shop.orders:1|c|#region:us|@0.1")
            time.sleep(2.5)
            cluster.agents[0].send_unix(*[b"shop.orders:3|c|#region:eu"] * 10)

            region = lambda r: frozenset({("__name__", "shop_orders_total"), ("region", r)})
            def orders():
                return storage.query("shop_orders_total", time.time())
            cluster.wait_for(lambda: orders().get(region("eu")) == 130, 30, "the running total of both intervals")
            self.assertEqual(orders()[region("us")], 10)
            increase = storage.query("increase(shop_orders_total[5m])", time.time())
            self.assertEqual(sorted(increase.values()), [10, 130])

            rows = cluster.rows_of("shop.latency")
            self.assertEqual(sum(row["count"] for row in rows), 1000)
            for row in rows:
                at = row["end_unix_ms"] / 1000
                for name, quantile in [("p50", "0.5"), ("p90", "0.9"), ("p99", "0.99"), ("p99.9", "0.999")]:
                    told = storage.query(f'shop_latency{{quantile="{quantile}"}}', at)
                    self.assertEqual(list(told.values()), [row["percentiles"][name]])
            self.assertEqual(storage.query("shop_latency_count", time.time()),
                             {frozenset({("__name__", "shop_latency_count"), ("region", "eu")}): 1000})
            self.assertEqual(list(storage.query("shop_latency_sum", time.time()).values()), [sum(values)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
