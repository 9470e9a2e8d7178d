"""A fleet of real processes, each on a host of its own network: what Cluster is on loopback, for faults of the network.

    agent-0..5 -> proxy-0, proxy-1 -> global-0, global-1, global-2 -> the storages on the host "storage":
    one that overwrites, one that keeps what came first, and VictoriaMetrics

    with Fleet(agents=6) as fleet:
        with Traffic(fleet) as traffic:
            fleet.network.cut([fleet.globals[0].host], [proxy.host for proxy in fleet.proxies])
        fleet.assert_exact(test, traffic)
"""
import collections
import json
import subprocess
import sys
import tempfile
import pathlib
import threading
import urllib.parse
import time

from cluster import BIN, Agent, Cluster, Process, lambda_text
from network import Network
from recording_storage import RecordingStorage

GRPC, HTTP = 8127, 8128  # on every host
STORAGE_PORTS = {"overwriting": 9090, "first_wins": 9091, "victoria": 8428}
SERIES = 16
BASE = 64  # agent n times BASE**n: a sum tells how often each agent is in it, below BASE times


class VictoriaMetrics:
    """The real one, on `host`."""

    def __init__(self, host, folder):
        self.host = host
        self.child = subprocess.Popen(
            host.command(["victoria-metrics", f"-httpListenAddr={host.address}:8428", f"-storageDataPath={folder}",
                          "-retentionPeriod=1", "-search.latencyOffset=0s", "-dedup.minScrapeInterval=1ms"]),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait(timeout=30)

    def series(self, name):
        """{labels: {unix ms: value}}, as RecordingStorage gives them."""
        self.host.http_get(8428, "/internal/force_flush", host=self.host.address)
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": name + "[2h]", "nocache": 1})
        status, text = self.host.http_get(8428, path, 20, self.host.address)
        assert status == 200, text
        return {tuple(sorted(item["metric"].items())): {round(at * 1000): float(value) for at, value in item["values"]}
                for item in json.loads(text)["data"]["result"]}


class Fleet(Cluster):
    def __init__(self, agents=6, proxies=2, globals_=3, interval="1s", storages=True):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-fleet-"))
        self.interval, self.interval_s, self.seconds_to_start = interval, float(interval.rstrip("s")), 60
        self.network, self.storages, self.with_storages = Network(), {}, storages
        self.victoria = None
        self.sizes = (agents, proxies, globals_)

    def __enter__(self):
        try:
            self.network.__enter__()
            self.build(*self.sizes)
            return super().__enter__()
        except BaseException:
            self.network.__exit__()
            raise

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        for storage in [*self.storages.values(), *([self.victoria] if self.victoria else [])]:
            storage.__exit__()
        self.network.__exit__()

    def build(self, agents, proxies, globals_):
        storage_host = self.network.host("storage")
        if self.with_storages:
            self.storages = {name: RecordingStorage(name == "first_wins", storage_host, port).__enter__()
                             for name, port in STORAGE_PORTS.items() if name != "victoria"}
            self.victoria = VictoriaMetrics(storage_host, self.dir / "victoria")
        sinks = "".join(f"""  - kind: remote_write
    name: {name}
    url: http://{storage_host.address}:{STORAGE_PORTS[name]}/api/v1/write
    percentiles: [0.5, 0.99]
    counters: {"cumulative" if name == "first_wins" else "interval"}
    timeout: {self.interval}
""" for name in (STORAGE_PORTS if self.with_storages else ()))
        self.globals = [self.member("global", n, NODE=f"global-{n}") for n in range(globals_)]
        for process in self.globals:
            text = process.config.read_text().replace("expected_agents: 3", f"expected_agents: {agents}")
            process.config.write_text(text + sinks)
        members = "".join(f"    - {{id: {process.name}, address: '{process.host.address}:{GRPC}'}}\n" for process in self.globals)
        self.proxies = [self.member("proxy", n, GLOBAL0=0, GLOBAL1=0) for n in range(proxies)]
        for process in self.proxies:
            head, _, _ = process.config.read_text().partition("  members:")
            process.config.write_text(head + "  members:\n" + members)
        self.proxy = self.proxies[0]
        self.agents = [self.member("local", n, HOST=f"node-{n}", UDP=8125, PROXY=GRPC) for n in range(agents)]
        for n, process in enumerate(self.agents):
            addresses = [f"{proxy.host.address}:{GRPC}" for proxy in self.proxies]
            addresses = addresses[n % proxies:] + addresses[:n % proxies]
            text = process.config.read_text().replace(f'["127.0.0.1:{GRPC}"]', json.dumps(addresses))
            process.config.write_text(text)
            process.socket_path = self.dir / process.name / "dsd.socket"

    def member(self, tier, n, **values):
        name = f"{'agent' if tier == 'local' else tier}-{n}"
        host = self.network.host(name)
        text = self.render(tier, GRPC=GRPC, HTTP=HTTP, DATA=self.dir / name, INTERVAL=self.interval, **values)
        text = text.replace(f"listen: 127.0.0.1:{GRPC}", f"listen: {host.address}:{GRPC}")
        kind = Agent if tier == "local" else Process
        return kind(self, name, f"tributary-{tier}", "tls: off\n" + text, HTTP, host)

    @property
    def processes(self):
        return [*self.globals, *self.proxies, *self.agents]

    def hosts(self, *groups):
        return [process.host for group in groups for process in group]

    def hits_by_series(self):
        """{series: hits in the sinks}."""
        hits = collections.Counter()
        for row in self.rows_of("fleet.hits"):
            hits[row["tags"]["series"]] += row["value"]
        return hits

    def contributions(self):
        """{(series, interval): [(version, partial, {agent: samples})]} of the timers, as the JSON lines tell."""
        windows = collections.defaultdict(list)
        for row in self.rows_of("fleet.wait"):
            total, shares = round(row["sum"]), {}
            for agent, _ in enumerate(self.agents):
                total, shares[agent] = divmod(total, BASE)
            windows[row["tags"]["series"], row["interval"]].append((row["version"], row["partial"], shares))
        return windows

    def assert_exact(self, test, traffic, seconds=60, partial=False):
        """Every sample is in the sinks once, no percentile is of a part of the fleet, all books balance."""
        self.wait_for(lambda: self.total("fleet.hits") >= traffic.samples, seconds,
                      lambda_text(lambda: f"{traffic.samples} hits in the sinks: {self.total('fleet.hits')}; "
                                          f"{[self.books(agent) for agent in self.agents]}"))
        self.assert_books_balance(test, seconds)
        test.assertEqual(self.total("fleet.hits"), traffic.samples)
        test.assertEqual(self.count("fleet.wait"), traffic.samples)
        for (series, interval), rows in self.contributions().items():
            if not partial:
                test.assertEqual([row for row in rows if row[1]], [], f"partial: {series} in {interval}")
            if any(version == 1 and not flagged for version, flagged, _ in rows):
                test.assertEqual(len(rows), 1, f"more came after what was told as whole: {series} in {interval}: {rows}")
        self.assert_storages(test, traffic, seconds)
        self.assert_audit_balances(test)

    def assert_audit_balances(self, test):
        """By `tributary audit`, run beside the proxy: all that was announced is committed, once."""
        words = [BIN / "tributary", "audit", "--intervals", "60", "--wait", "30s", "-o", "json", "--proxy",
                 f"http://127.0.0.1:{HTTP}"]
        done = subprocess.run(self.proxy.host.command(words), capture_output=True, text=True, timeout=60, check=False)
        test.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        samples = json.loads(done.stdout)["data"]["samples"]
        test.assertGreater(samples["announced"], 0)
        test.assertEqual(samples["announced"], samples["committed"])

    def assert_storages(self, test, traffic, seconds):
        for name, storage in self.storages.items():
            test.assertEqual(storage.changed, [], name)
        for storage in (self.storages.get("overwriting"), self.victoria):
            if storage is None:
                continue
            def stored():
                return round(sum(best_values(storage.series("fleet_hits"))))
            self.wait_for(lambda: stored() >= traffic.samples, seconds,
                          lambda_text(lambda: f"{traffic.samples} hits in {type(storage).__name__}: {stored()}"))
            test.assertEqual(stored(), traffic.samples)
        if "first_wins" in self.storages:
            def totals():
                series = self.storages["first_wins"].series("fleet_hits_total")
                return round(sum(increase(points) for labels, points in series.items() if not is_flagged(labels)))
            self.wait_for(lambda: totals() >= traffic.samples, seconds,
                          lambda_text(lambda: f"running totals come to {traffic.samples}: {totals()}"))
            test.assertEqual(totals(), traffic.samples)


def is_flagged(labels):
    return any(label.startswith("tributary_") for label, _ in labels)


def best_values(series):
    """Of interval values: what was told late counts too, what was told of a part only where the whole was not told."""
    whole = {(labels, at) for labels, points in series.items() if not is_flagged(labels) for at in points}
    for labels, points in series.items():
        plain = tuple(label for label in labels if label[0] != "tributary_partial")
        for at, value in points.items():
            if plain == labels or (plain, at) not in whole:
                yield value


def increase(points):
    """Of a running total, over all its resets."""
    total = last = 0.0
    for at in sorted(points):
        total += points[at] - last if points[at] >= last else points[at]
        last = points[at]
    return total


class Traffic:
    """A counter and a timer per series and agent, through unix sockets (none is lost: a full queue makes the sender
    wait), from a thread until the end of the block; knows exactly what it has sent."""

    def __init__(self, fleet, pause_s=0.1):
        self.fleet, self.pause_s, self.sent = fleet, pause_s, 0
        self.stopping = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.stopping.wait(self.pause_s) and self.sent < 10_000:
                for n, agent in enumerate(self.fleet.agents):
                    agent.send_unix(b"\n".join(b"fleet.hits:1|c|#series:%d\nfleet.wait:%d|ms|#series:%d" % (s, BASE ** n, s)
                                               for s in range(SERIES)))
                self.sent += 1
        except BaseException as error:  # shown by __exit__
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        if self.error is not None:
            raise self.error

    @property
    def samples(self):
        return self.sent * SERIES * len(self.fleet.agents)
