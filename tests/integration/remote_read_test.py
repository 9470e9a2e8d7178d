"""A real Prometheus that reads the fleet's rows through a proxy, by remote_read.

    python -> agent-0, agent-1 -> proxy -> global-0, global-1        interval 1 s
    Prometheus -> proxy: /api/v1/read

Expected values are what the owners wrote to their JSON lines sinks.
"""
import time
import unittest

from cluster import Cluster
from prometheus_server import PrometheusServer

REGIONS = ["eu", "us"]


class RemoteReadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(agents=2))
        cls.send()
        url = f"{cls.cluster.proxy.url}/api/v1/read"
        cls.prometheus = cls.enterClassContext(PrometheusServer(
            cls.cluster.dir / "prometheus", f"remote_read: [{{url: '{url}', read_recent: true}}]\n"))

    @classmethod
    def send(cls):
        """Three seconds of traffic, a pause, and two more; then all of it is committed."""
        cls.begin = time.time()
        for seconds in (3, 2):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for n, agent in enumerate(cls.cluster.agents):
                    for region in REGIONS:
                        tag = b"|#region:" + region.encode()
                        agent.send_unix(b"\n".join([b"shop.orders:3|c" + tag, b"shop.wait:%d:250|ms" % (n + 1) + tag,
                                                    b"shop.depth:%d|g" % (n + 7) + tag]))
                time.sleep(0.05)
            time.sleep(2.5)
        cls.cluster.assert_books_balance(unittest.TestCase())
        cls.at = time.time()

    def rows(self, name, region):
        return sorted((row for row in self.cluster.rows_of(name) if row["tags"]["region"] == region),
                      key=lambda row: row["interval"])

    @staticmethod
    def totals(rows, field, start_ms):
        """The running total from `start_ms` on, and what it was at the start of rows that follow on none."""
        points, total, last_end = [], 0, None
        for row in rows:
            if row["end_unix_ms"] < start_ms:
                continue
            if row["start_unix_ms"] != last_end and row["start_unix_ms"] + 1 >= start_ms:
                points.append((row["start_unix_ms"] + 1, total))
            total, last_end = total + row[field], row["end_unix_ms"]
            points.append((last_end, total))
        return points

    @staticmethod
    def labels(name, **further):
        return frozenset({"__name__": name, **further}.items())

    def test_totals_are_those_of_the_rows(self):
        for window in (3, 60):
            start_ms = round(self.at * 1000) - window * 1000
            for name, told, field in (("shop.orders", "shop_orders_total", "value"),
                                      ("shop.wait", "shop_wait_count", "count"), ("shop.wait", "shop_wait_sum", "sum")):
                expected = {self.labels(told, region=region): self.totals(self.rows(name, region), field, start_ms)
                            for region in REGIONS}
                if window == 60:
                    self.assertGreater(len(expected[self.labels(told, region="eu")]), 5)
                found = self.prometheus.points(f"{told}[{window}s]", self.at)
                self.assertEqual(found, {labels: points for labels, points in expected.items() if points}, told)

    def test_increase_sees_all_of_it(self):
        # Prometheus extrapolates to the ends of a window by half an interval; not before a zero, and here not at all:
        # the window begins long before the first sample and ends long after the last.
        time_after = self.at + 10
        sent = sum(row["value"] for row in self.rows("shop.orders", "eu"))
        increase = self.prometheus.query('increase(shop_orders_total{region="eu"}[5m])', time_after)
        [value] = increase.values()
        self.assertGreaterEqual(value, sent)
        self.assertLess(value, sent * 1.2)  # half of the mean distance of samples is added at the end

    def test_quantiles_are_those_that_the_owners_told(self):
        for quantile, percentile in (("0.5", "p50"), ("0.9", "p90"), ("0.99", "p99")):
            expected = {self.labels("shop_wait", region=region, quantile=quantile):
                        [(row["end_unix_ms"], row["percentiles"][percentile]) for row in self.rows("shop.wait", region)]
                        for region in REGIONS}
            self.assertEqual(self.prometheus.points(f'shop_wait{{quantile="{quantile}"}}[1m]', self.at), expected)
        # None that a sink tells: made of the stored sketches. The largest value is exact.
        found = self.prometheus.points('shop_wait{quantile="1"}[1m]', self.at)
        self.assertEqual({value for points in found.values() for _, value in points}, {250.0})

    def test_all_kinds_of_matchers_hold(self):
        for matcher, regions in (('region="eu"', ["eu"]), ('region!="eu"', ["us"]), ('region=~"e.|nowhere"', ["eu"]),
                                 ('region!~"e."', ["us"]), ('region=""', [])):
            found = self.prometheus.points(f"shop_orders_total{{{matcher}}}[1m]", self.at)
            self.assertEqual(sorted(dict(labels)["region"] for labels in found), regions, matcher)
        names = self.prometheus.query('count by (__name__) ({__name__=~"shop_.*", region="eu"})', self.at - 2)
        self.assertEqual({dict(labels)["__name__"]: value for labels, value in names.items()},
                         {"shop_orders_total": 1, "shop_wait": 5, "shop_wait_count": 1, "shop_wait_sum": 1,
                          "shop_wait_min": 1, "shop_wait_max": 1, "shop_wait_avg": 1, "shop_depth": 2})

    def test_gauges_are_by_host(self):
        found = self.prometheus.points('shop_depth{region="eu"}[1m]', self.at)
        self.assertEqual({dict(labels)["host"]: {value for _, value in points} for labels, points in found.items()},
                         {"node-0": {7.0}, "node-1": {8.0}})

    def test_its_series_are_known_to_prometheus(self):  # labels are not: remote read has no question for them
        series = self.prometheus.get("/api/v1/series", **{"match[]": "shop_orders_total", "start": self.at - 60,
                                                          "end": self.at})["data"]
        self.assertEqual(series, [{"__name__": "shop_orders_total", "region": region} for region in REGIONS])


class MissingGlobalTest(unittest.TestCase):
    def test_without_a_global_prometheus_is_told_unless_part_is_allowed(self):
        with Cluster() as cluster:
            agent = cluster.agents[0]
            agent.send_unix(b"\n".join(b"a%d:1|g" % n for n in range(40)))
            cluster.wait_for(lambda: len(cluster.rows()) == 40, 30, "40 rows")
            emitters = [len([row for row in path.read_text().splitlines() if row])
                        for path in sorted(cluster.dir.glob("global-*/rows.jsonl"))]
            self.assertTrue(all(emitters), emitters)
            at = time.time()
            url = f"{cluster.proxy.url}/api/v1/read"
            config = "remote_read: [{{url: '{}', read_recent: true}}]\n"
            with PrometheusServer(cluster.dir / "strict", config.format(url)) as strict, \
                 PrometheusServer(cluster.dir / "lenient", config.format(url + "?partial=allow")) as lenient:
                for prometheus in (strict, lenient):
                    self.assertEqual(prometheus.query('count({__name__=~"a.*"})', at), {frozenset(): 40})
                cluster.globals[1].kill()
                reply = strict.get("/api/v1/query", query='count({__name__=~"a.*"})', time=at)
                self.assertEqual(reply["data"]["result"], [])
                self.assertRegex(reply["warnings"][0], "503.*no answer from global global-1")
                self.assertEqual(lenient.query('count({__name__=~"a.*"})', at), {frozenset(): emitters[0]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
