"""Does my pager make a sound? Debian's Prometheus with rules over `remote_read` of a proxy, Debian's Alertmanager, and a
webhook for a pager.

    service -> agent-0, agent-1 -> proxy -> global-0, global-1           interval 2 s
    Prometheus (rules, every second) -> proxy: /api/v1/read
    Prometheus -> Alertmanager -> webhook

The service is a process of its own: it answers within 100 ms, until a deploy of its second instance makes every fifth
request there take half a second; then it is killed.
"""
import datetime
import subprocess
import sys
import time
import unittest

from cluster import Cluster, lambda_text
from prometheus_server import Alertmanager, PrometheusServer, Webhook

INTERVAL_S = 2
# A window of two intervals has a row as long as the service lives: one is there, the next may not be committed yet.
RULES = """\
groups:
  - name: pager
    interval: 1s
    rules:
      - alert: FleetP99High
        expr: shop_latency{quantile="0.99"} > 300
      - alert: ServiceGone
        expr: absent_over_time(shop_requests_total[4s])
"""
# argv: which instances are bad, then the sockets of their agents.
SERVICE = """
import random, socket, sys, time
bad, paths = sys.argv[1], sys.argv[2:]
clients = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in paths]
for client, path in zip(clients, paths): client.connect(path)
while True:
    for n, client in enumerate(clients):
        slow = str(n) in bad
        lines = [b"shop.latency:%d|ms" % (500 if slow and i % 5 == 0 else 20 + i) for i in range(20)]
        client.send(b"\\n".join(lines + [b"shop.requests:20|c"]))
    time.sleep(0.1)
"""


class PagerTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(agents=2, interval=f"{INTERVAL_S}s", seconds_to_start=60))
        self.webhook = self.enterContext(Webhook())
        alertmanager = self.enterContext(Alertmanager(self.cluster.dir / "alertmanager", self.webhook))
        self.service = None
        self.addCleanup(self.kill)
        self.deploy(bad="")
        self.cluster.wait_for(lambda: self.cluster.rows_of("shop.latency"), 60, "rows of the service")
        self.prometheus = self.enterContext(PrometheusServer(self.cluster.dir / "prometheus", f"""\
remote_read: [{{url: '{self.cluster.proxy.url}/api/v1/read', read_recent: true}}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager.port}']}}]}}]}}
""", RULES))

    def deploy(self, bad):
        """The service's instances begin anew; those named in `bad` are slow."""
        self.kill()
        sockets = [str(agent.socket_path) for agent in self.cluster.agents]
        self.service = subprocess.Popen([sys.executable, "-c", SERVICE, bad, *sockets])

    def kill(self):
        if self.service is not None:
            self.service.kill()
            self.service.wait(timeout=10)
            self.service = None

    def hear(self, name, status, seconds):
        self.cluster.wait_for(lambda: self.webhook.heard(name, status), seconds,
                              lambda_text(lambda: f"{name} {status}; heard {self.webhook.alerts}"))
        return self.webhook.heard(name, status)[0]

    def test_a_bad_deploy_and_a_killed_service_are_heard(self):
        time.sleep(4 * INTERVAL_S)
        self.assertEqual(self.webhook.alerts, [])
        values = self.prometheus.query('shop_latency{quantile="0.99"}', time.time())
        self.assertLess(max(values.values()), 50)

        # A tenth of the fleet's requests are slow: no p99 of the other instance says so, and no average of two.
        self.deploy(bad="1")
        self.hear("FleetP99High", "firing", 30)
        values = self.prometheus.query('shop_latency{quantile="0.99"}', time.time())
        self.assertEqual(list(values.values()), [500])
        self.deploy(bad="")
        self.hear("FleetP99High", "resolved", 60)
        self.assertEqual(self.webhook.heard("ServiceGone"), [])

        killed = time.time()
        self.kill()
        alert = self.hear("ServiceGone", "firing", 30)
        began = datetime.datetime.fromisoformat(alert["startsAt"]).timestamp()
        self.assertGreater(began, killed)
        self.assertLess(began - killed, 3 * INTERVAL_S + 1)  # the rule is looked at every second
        print(f"gone after {began - killed:.1f} s, heard after {alert['heard'] - killed:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
