"""Alerts, dashboard and runbooks against each other, and against a running cluster that Prometheus scrapes.

    agent-0 -> proxy -> global-0, global-1        interval 1 s, Prometheus scrapes each once a second
"""
import json
import pathlib
import re
import runpy
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import yaml
from alert_cases import CASES
from cluster import Cluster, free_port, http_get

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "monitoring"
ALERTS = FOLDER / "alerts.yaml"
RUNBOOKS = (ROOT / "docs" / "monitoring.md").read_text()
METRIC = r"\b(?:tributary|process)_[a-z_]+"


def alerts():
    """{name: rule}"""
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule for rule in rules}


def queries():
    """[(title of the panel, query, labels of its legend)] with Grafana's variables filled in."""
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    return [(panel["title"], target["expr"].replace("$instance", ".*").replace("$__rate_interval", "10s"),
             set(re.findall(r"{{(\w+)}}", target["legendFormat"])))
            for panel in dashboard["panels"] for target in panel.get("targets", [])]


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60)


class Prometheus:
    """Debian's, scraping a cluster."""

    def __init__(self, cluster):
        self.cluster, self.port = cluster, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        jobs = {}
        for process in cluster.processes:
            jobs.setdefault(process.program, []).append(f"127.0.0.1:{process.http_port}")
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                  "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]}
                                     for job, targets in jobs.items()]}
        path = cluster.dir / "prometheus.yaml"
        path.write_text(yaml.safe_dump(config))
        self.log = open(cluster.dir / "prometheus.log", "ab")
        self.child = subprocess.Popen(["prometheus", f"--config.file={path}", f"--web.listen-address=127.0.0.1:{self.port}",
                                       f"--storage.tsdb.path={cluster.dir / 'prometheus'}"],
                                      stdout=self.log, stderr=self.log)

    def end(self):
        self.child.kill()
        self.child.wait(timeout=10)
        self.log.close()

    def query(self, query):
        try:
            status, text = http_get(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        except OSError:
            return []
        if status == 503:  # it is starting
            return []
        reply = json.loads(text)
        assert reply["status"] == "success", (query, text)
        return reply["data"]["result"]


class RulesTest(unittest.TestCase):
    def test_prometheus_takes_the_alerts(self):
        done = promtool("check", "rules", ALERTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_alerts_fire_when_they_should_and_say_so(self):
        def fires(name, case):
            rule = alerts()[name]
            return [{"exp_labels": {**case["labels"], "severity": rule["labels"]["severity"]},
                     "exp_annotations": {"summary": case["summary"], "runbook": rule["annotations"]["runbook"]}}]
        self.check_cases("fires", fires)

    def test_alerts_do_not_fire_when_they_should_not(self):
        self.check_cases("quiet", lambda name, case: [])

    def check_cases(self, series, expected):
        tests = [{"interval": "1m", "name": name,
                  "input_series": [{"series": key, "values": values} for key, values in case[series].items()],
                  "alert_rule_test": [{"eval_time": "20m", "alertname": name, "exp_alerts": expected(name, case)}]}
                 for name, case in CASES.items()]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": tests}, file)
            file.flush()
            done = promtool("test", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_alert_has_its_case(self):
        self.assertEqual(sorted(CASES), sorted(alerts()))

    def test_each_alert_says_how_bad_it_is_and_where_its_runbook_is(self):
        headings = [heading.lower() for heading in re.findall(r"(?m)^### (.*)$", RUNBOOKS)]
        for name, rule in alerts().items():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"), name)
            self.assertTrue(rule["annotations"]["summary"], name)
            self.assertEqual(rule["annotations"]["runbook"], f"docs/monitoring.md#{name.lower()}")
            self.assertIn(name.lower(), headings)

    def test_there_is_no_runbook_without_its_alert(self):
        self.assertEqual(sorted(re.findall(r"(?m)^### (Tributary\w+)$", RUNBOOKS)), sorted(alerts()))


def fleet_queries(**variables):
    """[(panel, query, labels of its legend)] of the dashboard of users' metrics, its variables filled in."""
    def filled(text):
        for name, value in {"__rate_interval": "10s", "__range": "1m", **variables}.items():
            text = text.replace(f"${name}", value)
        return text
    dashboard = json.loads((FOLDER / "fleet.json").read_text())
    return [(panel, filled(target["expr"]), set(re.findall(r"{{(\w+)}}", filled(target["legendFormat"]))))
            for panel in dashboard["panels"] for target in panel["targets"]]


class DashboardTest(unittest.TestCase):
    FILES = ("dashboard", "fleet")

    def test_they_are_what_their_sources_write(self):
        for name in self.FILES:
            made = runpy.run_path(str(FOLDER / f"{name}.py"))["text"]()
            self.assertEqual((FOLDER / f"{name}.json").read_text(), made, f"run monitoring/{name}.py")

    def test_panels_have_numbers_of_their_own_and_do_not_overlap(self):
        for name in self.FILES:
            self.check_panels(json.loads((FOLDER / f"{name}.json").read_text())["panels"])

    def check_panels(self, panels):
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        cells = [(x, y) for grid in (panel["gridPos"] for panel in panels)
                 for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])]
        self.assertEqual(len(set(cells)), len(cells))
        self.assertLess(max(x for x, _ in cells), 24)

    def test_prometheus_can_parse_every_query(self):
        every = queries() + fleet_queries(metric="shop_latency", by="region", quantile="0.99", target="300")
        rules = [{"record": f"panel_{n}", "expr": query} for n, (_, query, _) in enumerate(every)]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class LiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=1)
        cls.addClassCleanup(lambda: cls.cluster.__exit__(None, None, None))
        agent = cls.cluster.agents[0]
        agent.config.write_text(agent.config.read_text() + 'rules:\n  - {name: "here.*", scope: local}\n'
                                f"sinks:\n  - kind: json_lines\n    path: {cls.cluster.dir}/local.jsonl\n")
        cls.cluster.__enter__()
        cls.prometheus = Prometheus(cls.cluster)
        cls.addClassCleanup(cls.prometheus.end)
        cls.run_traffic()
        cls.exposed = "".join(http_get(process.url + "/metrics")[1] for process in cls.cluster.processes)

    @classmethod
    def run_traffic(cls):
        """Until Prometheus has seen rows of it delivered for a while, so that every rate has two points."""
        end = time.monotonic() + 60
        while not cls.prometheus.query('sum(count_over_time(tributary_sink_rows_delivered_total[60s])) > 15 * 3 '
                                       'and sum(rate(tributary_sink_rows_delivered_total[10s])) > 0'):
            assert time.monotonic() < end, "no rows in Prometheus within 60 s"
            cls.cluster.agents[0].send_unix(b"hits:1|c|#region:eu\nlatency:5|ms\nhere.a:1|c\n"
                                            b"shop.latency:100:200|ms|#region:eu\nshop.latency:400|ms|#region:us")
            time.sleep(0.1)

    def check_metrics(self, query, where):
        """Every metric of the query, and every value that its matchers name, is one that a program exposes."""
        for name in re.findall(METRIC, query):
            self.assertRegex(self.exposed, rf"(?m)^{name}[{{ ]", where)
        for name, matchers in re.findall(rf"({METRIC}){{([^}}]*)}}", query):
            for label, values in re.findall(r'(\w+)!?=~?"([^"]*)"', matchers):
                for value in [] if label in ("job", "instance") else values.split("|"):
                    self.assertRegex(self.exposed, rf'(?m)^{name}{{[^}}]*{label}="{value}"', where)

    def test_alerts_are_about_metrics_that_there_are(self):
        for name, rule in alerts().items():
            self.check_metrics(rule["expr"], name)

    def test_queries_are_about_metrics_that_there_are(self):
        for title, query, _ in queries():
            self.check_metrics(query, title)

    def test_every_panel_shows_something_and_its_legend_tells_what(self):
        for title, query, labels in queries():
            found = self.prometheus.query(query)
            self.assertTrue(found, f"{title}: {query}")
            told = {label for series in found for label in series["metric"]}
            self.assertEqual(labels - told, set(), title)

    def ask_proxy(self, page, **parameters):
        status, text = self.cluster.proxy.http_get(f"/api/v1/{page}?{urllib.parse.urlencode(parameters)}")
        self.assertEqual(status, 200, text)
        return json.loads(text)["data"]

    def test_every_panel_of_the_fleet_shows_something_and_its_legend_tells_what(self):
        """As Grafana asks: over a range in steps, or once."""
        now = time.time()
        for panel, query, labels in fleet_queries(metric="shop_latency", by="region", quantile="0.99", target="300"):
            if "offset 7d" in query:  # a week ago there was nothing
                continue
            once = panel["targets"][0]["instant"]
            found = (self.ask_proxy("query", query=query, time=now) if once else
                     self.ask_proxy("query_range", query=query, start=now - 15, end=now, step=5))["result"]
            self.assertTrue(found, f"{panel['title']}: {query}")
            self.assertEqual(labels - {label for series in found for label in series["metric"]}, set(), panel["title"])
            if panel["type"] == "heatmap":
                self.assertTrue(found[0]["histograms"])
        self.assertEqual(self.fleet_value("The ten slowest"), {"eu": 200, "us": 400})
        self.assertAlmostEqual(self.fleet_value("Within $target")[None], 2 / 3, delta=0.02)

    def fleet_value(self, title):
        """{region: value} of a panel that asks once."""
        query = next(query for panel, query, _ in fleet_queries(metric="shop_latency", by="region", quantile="0.99", target="300")
                     if panel["title"] == title)
        return {series["metric"].get("region"): round(float(series["value"][1]), 3)
                for series in self.ask_proxy("query", query=query, time=time.time())["result"]}

    def test_the_fleets_variables_have_values(self):
        now = time.time()
        self.assertIn("shop_latency", self.ask_proxy("label/__name__/values", start=now - 60, end=now))
        self.assertIn("region", self.ask_proxy("labels", **{"match[]": "shop_latency"}, start=now - 60, end=now))

    def test_no_alert_is_about_a_cluster_that_is_well(self):
        for name, rule in alerts().items():
            self.assertEqual(self.prometheus.query(rule["expr"]), [], name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
