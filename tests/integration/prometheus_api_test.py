"""Clients of Prometheus's HTTP API against a proxy: promtool from Debian's package, and what Grafana sends.

    python -> agent-0 -> proxy -> global-0, global-1        interval 1 s

Grafana's requests are replayed as its Prometheus data source makes them: "Save & test", the query builder, Explore.
"""
import gzip
import json
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from cluster import Cluster

SENT = {"eu": list(range(1, 101)), "us": [5] * 50}  # shop.latency by region
ORDERS = {"eu": 120, "us": 40}


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        agent = cls.cluster.agents[0]
        for region, values in SENT.items():
            agent.send_unix(b"\n".join(b"shop.latency:%d|ms|#region:%s" % (v, region.encode()) for v in values),
                            b"shop.orders:%d|c|#region:%s" % (ORDERS[region], region.encode()))
        agent.send_unix(b"shop.depth:7|g", b"shop.users:ann|s\nshop.users:bob|s\nshop.users:ann|s")
        cls.cluster.wait_for(lambda: cls.cluster.count("shop.latency") == 150 and cls.cluster.total("shop.orders") == 160
                             and len(cls.cluster.rows_of("shop.users")) == 1, 30, "all rows")
        cls.cluster.assert_books_balance(unittest.TestCase())
        cls.at = round(time.time())
        cls.rows = cls.cluster.rows()
        cls.end = max(row["end_unix_ms"] for row in cls.rows) // 1000

    def request(self, method, path, parameters=(), headers=()):
        """(status, headers, the body's JSON)."""
        text = urllib.parse.urlencode(parameters)
        url = self.cluster.proxy.url + path
        body = None
        headers = dict(headers)
        if method == "POST":
            body, headers["Content-Type"] = text.encode(), "application/x-www-form-urlencoded"
        elif text:
            url += "?" + text
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10) as reply:
            content = reply.read()
            if reply.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            return reply.status, reply.headers, json.loads(content)


class PromtoolTest(ApiTest):
    def promtool(self, what, *arguments):
        done = subprocess.run(["promtool", "query", what, *arguments], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_instant(self):
        lines = self.promtool("instant", f"--time={self.at}", self.cluster.proxy.url,
                              "sum by (region) (increase(shop_orders[5m]))")
        self.assertEqual(sorted(lines), [f'{{region="eu"}} => 120 @[{self.at}]', f'{{region="us"}} => 40 @[{self.at}]'])
        lines = self.promtool("instant", f"--time={self.at}", self.cluster.proxy.url,
                              'quantile([0, 1], shop_latency{region="eu"}[5m])')
        self.assertEqual(sorted(lines), [f'{{quantile="0"}} => 1 @[{self.at}]', f'{{quantile="1"}} => 100 @[{self.at}]'])

    def test_range(self):
        lines = self.promtool("range", f"--start={self.at}", f"--end={self.at + 20}", "--step=10s",
                              self.cluster.proxy.url, 'sum(increase(shop_orders{region="us"}[10m]))')
        self.assertEqual(lines, ["{} =>", f"40 @[{self.at}]", f"40 @[{self.at + 10}]", f"40 @[{self.at + 20}]"])

    def test_series(self):
        lines = self.promtool("series", "--match=shop_orders", '--match=shop_latency{region="us"}',
                              f"--start={self.at - 600}", f"--end={self.at}", self.cluster.proxy.url)
        self.assertEqual(sorted(lines), ['{__name__="shop_latency", region="us"}',
                                         '{__name__="shop_orders", region="eu"}', '{__name__="shop_orders", region="us"}'])

    def test_labels(self):
        self.assertEqual(self.promtool("labels", self.cluster.proxy.url, "region"), ["eu", "us"])

    def test_a_wrong_query_is_told_with_its_column(self):
        done = subprocess.run(["promtool", "query", "instant", self.cluster.proxy.url, "sum(shop_orders"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1:4: parse error: unclosed left parenthesis", done.stderr)


class GrafanaTest(ApiTest):
    """Every body is asserted; `ask` also takes care that GET and POST are answered alike, compressed or not."""
    HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "Grafana/11.4.0", "X-Datasource-Uid": "tributary"}

    def ask(self, path, parameters=(), methods=("POST", "GET")):
        replies = []
        for method in methods:
            for headers in (self.HEADERS, {}):
                status, got, body = self.request(method, path, parameters, headers)
                self.assertEqual((status, got["Content-Type"]), (200, "application/json"), path)
                replies.append(body)
        for reply in replies[1:]:
            self.assertEqual(reply, replies[0])
        self.assertEqual(replies[0]["status"], "success")
        self.assertNotIn("warnings", replies[0])
        return replies[0]

    def test_save_and_test(self):
        reply = self.ask("/api/v1/query", {"query": "1+1", "time": "4"})
        self.assertEqual(reply, {"status": "success", "data": {"resultType": "scalar", "result": [4, "2"]}})
        reply = self.ask("/api/v1/status/buildinfo", methods=["GET"])
        self.assertEqual(reply["data"]["version"], "2.55.0")
        self.assertRegex(reply["data"]["revision"], r"^tributary-\d")
        self.assertNotIn("features", reply["data"])

    def test_what_the_query_builder_asks(self):
        span = {"start": self.at - 3600, "end": self.at}
        self.assertEqual(self.ask("/api/v1/labels", {**span, "limit": 40000})["data"], ["__name__", "host", "region"])
        self.assertEqual(self.ask("/api/v1/labels", {**span, "match[]": '{__name__="shop_orders"}'})["data"],
                         ["__name__", "region"])
        self.assertEqual(self.ask("/api/v1/label/__name__/values", {**span, "limit": 40000}, ["GET"])["data"],
                         ["shop_depth", "shop_latency", "shop_orders", "shop_users"])
        self.assertEqual(self.ask("/api/v1/label/region/values", {**span, "match[]": '{__name__="shop_orders"}'},
                                  ["GET"])["data"], ["eu", "us"])
        self.assertEqual(self.ask("/api/v1/label/region/values", {**span, "match[]": 'shop_orders{region!="us"}'},
                                  ["GET"])["data"], ["eu"])
        self.assertEqual(self.ask("/api/v1/series", {**span, "match[]": '{__name__="shop_orders"}', "limit": 40000})["data"],
                         [{"__name__": "shop_orders", "region": "eu"}, {"__name__": "shop_orders", "region": "us"}])
        self.assertEqual(self.ask("/api/v1/metadata", {"limit": 5000}, ["GET"])["data"], {
            name: [{"type": kind, "help": "", "unit": ""}]
            for name, kind in (("shop_depth", "gauge"), ("shop_latency", "histogram"), ("shop_orders", "counter"),
                               ("shop_users", "gauge"))})

    def test_explore(self):
        times = {"start": str(self.at - 10), "end": str(self.at), "step": "5"}
        expression = 'sum by(region) (increase(shop_orders{region=~"eu|us"}[10m]))'
        reply = self.ask("/api/v1/query_range", {"query": expression, **times})
        self.assertEqual(reply["data"]["resultType"], "matrix")
        last = {item["metric"]["region"]: item["values"][-1] for item in reply["data"]["result"]}
        self.assertEqual(last, {"eu": [self.at, "120"], "us": [self.at, "40"]})
        self.assertIn("merged", " ".join(reply["infos"]))

        reply = self.ask("/api/v1/query", {"query": 'histogram_quantile(1, sum by(region) (rate(shop_latency[10m])))',
                                           "time": str(self.at)})
        self.assertEqual(reply["data"]["resultType"], "vector")
        self.assertEqual({item["metric"]["region"]: item["value"] for item in reply["data"]["result"]},
                         {"eu": [self.at, "100"], "us": [self.at, "5"]})
        reply = self.ask("/api/v1/query", {"query": "distinct(shop_users[10m])", "time": str(self.at)})
        [users] = reply["data"]["result"]
        self.assertEqual(round(float(users["value"][1]), 3), 2)  # an estimate

    def test_a_heatmap_is_of_native_histograms(self):
        reply = self.ask("/api/v1/query", {"query": 'sum(increase(shop_latency{region="us"}[10m]))', "time": str(self.at)})
        [series] = reply["data"]["result"]
        at, histogram = series["histogram"]
        self.assertEqual((at, histogram["count"], histogram["sum"]), (self.at, "50", "250"))
        [(_, lower, upper, count)] = histogram["buckets"]
        self.assertEqual(count, "50")
        self.assertLessEqual(float(lower), 5)
        self.assertGreaterEqual(float(upper), 5)

    def test_what_there_is_none_of(self):
        self.assertEqual(self.ask("/api/v1/rules", methods=["GET"]), {"status": "success", "data": {"groups": []}})
        self.assertEqual(self.ask("/api/v1/alerts", methods=["GET"]), {"status": "success", "data": {"alerts": []}})
        self.assertEqual(self.ask("/api/v1/query_exemplars", {"query": "shop_latency", "start": self.at - 60,
                                                              "end": self.at}), {"status": "success", "data": []})

    def test_long_answers_come_compressed(self):
        times = {"start": str(self.at - 3000), "end": str(self.at), "step": "1"}
        parameters = {"query": "vector(1)", **times}
        _, headers, body = self.request("POST", "/api/v1/query_range", parameters, self.HEADERS)
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertEqual(len(body["data"]["result"][0]["values"]), 3001)
        self.assertLess(int(headers["Content-Length"]), len(json.dumps(body)) / 4)


class TokensTest(unittest.TestCase):
    PATHS = [("GET", path) for path in (
        "/api/v1/query?query=1", "/api/v1/query_range?query=1&start=1&end=2&step=1", "/api/v1/labels",
        "/api/v1/label/region/values", "/api/v1/series?match[]=m", "/api/v1/metadata", "/api/v1/status/tsdb",
        "/api/v1/status/buildinfo", "/api/v1/status/cluster", "/api/v1/status/audit", "/api/v1/rules", "/api/v1/alerts",
        "/api/v1/nothing", "/-/ready", "/metrics", "/config")] + [
        ("POST", path) for path in ("/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/series",
                                    "/api/v1/query_exemplars", "/api/v1/read")]

    def status(self, method, path, **headers):
        request = urllib.request.Request(self.cluster.proxy.url + path, b"" if method == "POST" else None,
                                         {name.replace("_", "-"): value for name, value in headers.items()}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, dict(reply.headers)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers)

    def test_every_path_asks_who_is_not_on_this_machine_for_a_token_and_other_origins_read_nothing_by_default(self):
        self.cluster = Cluster()
        tokens = self.cluster.dir / "tokens"
        tokens.write_text("0123456789abcdef0123\n")
        config = self.cluster.proxy.config
        config.write_text(config.read_text().replace("http:\n", f"http:\n  tokens_file: {tokens}\n"))
        with self.cluster:
            for method, path in self.PATHS:
                with self.subTest(method=method, path=path):
                    status, headers = self.status(method, path, X_Forwarded_For="10.0.0.9")
                    self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"))
                    status, headers = self.status(method, path, X_Forwarded_For="10.0.0.9", Origin="https://grafana.example",
                                                  Authorization="Bearer 0123456789abcdef0123")
                    self.assertNotEqual(status, 401)
                    self.assertNotIn("Access-Control-Allow-Origin", headers)


if __name__ == "__main__":
    unittest.main(verbosity=2)
