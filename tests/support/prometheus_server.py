"""Debian's Prometheus and Alertmanager as processes of a test, on loopback, and a webhook that hears alerts.

    with PrometheusServer(folder, config) as prometheus:
        prometheus.query("up")           # {labels: value}
"""
import http.client
import http.server
import json
import pathlib
import subprocess
import threading
import time
import urllib.parse

from cluster import Cluster, free_port, http_get


class Server:
    """One program with its folder; its log is shown when it does not come up."""
    ready = "/-/ready"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.child = None

    def __enter__(self):
        self.log = open(self.folder / "log", "wb")
        self.child = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
        try:
            Cluster.wait_for(self.is_up, 60, f"{type(self).__name__} up")
        except BaseException:
            self.__exit__(None, None, None)
            print((self.folder / "log").read_text(errors="replace")[-4000:])
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.child.terminate()
        self.child.wait(timeout=30)
        self.log.close()

    def is_up(self):
        assert self.child.poll() is None, f"ended with status {self.child.returncode}"
        try:
            return http_get(self.url + self.ready)[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class PrometheusServer(Server):
    """`config` is YAML; `rules`, too, of one rule file."""

    def __init__(self, folder, config, rules=None):
        super().__init__(folder)
        if rules is not None:
            (self.folder / "rules.yml").write_text(rules)
            config += f"rule_files: ['{self.folder}/rules.yml']\n"
        (self.folder / "prometheus.yml").write_text(config)

    def command(self):
        return ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def get(self, path, **parameters):
        """The whole answer, as JSON."""
        return json.loads(http_get(f"{self.url}{path}?{urllib.parse.urlencode(parameters, doseq=True)}", timeout=60)[1])

    def result(self, expression, at):
        """data.result of an instant query; no warning may come with it."""
        reply = self.get("/api/v1/query", query=expression, time=at)
        assert reply["status"] == "success" and not reply.get("warnings"), reply
        return reply["data"]["result"]

    def query(self, expression, at):
        """{labels: value}."""
        return {frozenset(item["metric"].items()): float(item["value"][1]) for item in self.result(expression, at)}

    def points(self, selector, at):
        """{labels: [(unix ms, value), ...]} of a range selector."""
        return {frozenset(item["metric"].items()): [(round(t * 1000), float(value)) for t, value in item["values"]]
                for item in self.result(selector, at)}


class Alertmanager(Server):
    """Hands every alert to `webhook` at once."""

    def __init__(self, folder, webhook):
        super().__init__(folder)
        (self.folder / "alertmanager.yml").write_text(f"""\
route: {{receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: hook
    webhook_configs: [{{url: '{webhook.url}', send_resolved: true}}]
""")

    def command(self):
        return ["prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml",
                f"--storage.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address="]


class Webhook:
    """The pager: what Alertmanager posts, in order."""

    def __init__(self):
        self.alerts = []  # each with the time it was heard at, `heard`
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.alerts += [{**alert, "heard": time.time()} for alert in body["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def heard(self, name, status="firing"):
        return [alert for alert in list(self.alerts)
                if alert["labels"]["alertname"] == name and alert["status"] == status]
