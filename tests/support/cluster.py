"""A Tributary cluster of real processes on loopback, for tests.

    with Cluster(agents=2) as cluster:
        cluster.agents[0].send_udp(b"hits:1|c")
        cluster.wait_for(lambda: cluster.total("hits") == 1)

Every process is a child of the test, ended by its id; every wait is bounded and says what it waited for.
"""
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import urllib.error
import urllib.parse
import urllib.request

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN", "build/dev/bin"))
TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "demo"


_ports = []  # locked files: what this process was given


def free_port():
    """A port of loopback, for TCP and UDP, that no other test is given while this process lives.

    It lies below the ports that the kernel gives to clients, so that nobody's connection takes it in the meantime.
    """
    folder = pathlib.Path(tempfile.gettempdir()) / "tributary-test-ports"
    folder.mkdir(mode=0o777, exist_ok=True)
    for port in random.sample(range(10_000, 32_000), 1000):
        claim = open(folder / str(port), "w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _ports.append(claim)
        return port
    raise AssertionError("no port of a thousand is free")


def http_get(url, timeout=5):
    """(status, text) of a GET."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Process:
    """One program of the cluster: its configuration file stays, its life may end and begin anew. It runs on `host` of a
    Network, if one is given."""

    def __init__(self, cluster, name, program, config, http_port, host=None):
        self.cluster, self.name, self.program, self.host = cluster, name, program, host
        (cluster.dir / name).mkdir()
        self.config = cluster.dir / f"{name}.yaml"
        self.config.write_text(config)
        self.http_port = http_port
        self.child = None
        self.log = open(cluster.dir / f"{name}.log", "ab")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http_port}"

    def start(self):
        words = [BIN / self.program, "--config", self.config]
        self.child = subprocess.Popen(words if self.host is None else self.host.command(words), stdout=self.log,
                                      stderr=self.log, restore_signals=False)
        return self

    def http_get(self, path, timeout=5):
        """(status, text) of a GET."""
        if self.host is not None:
            return self.host.http_get(self.http_port, path, timeout)
        return http_get(self.url + path, timeout)

    def signal(self, number):
        os.kill(self.child.pid, number)

    def kill(self):
        self.child.kill()
        self.child.wait(timeout=10)

    def stop(self, timeout=30):
        """SIGTERM; returns the exit status."""
        if self.child.poll() is None:
            self.child.terminate()
        return self.child.wait(timeout=timeout)

    def end(self):
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.kill()
            self.child.wait(timeout=10)
        self.log.close()

    def metrics(self):
        """{'name{labels}': value} of /metrics."""
        _, text = self.http_get("/metrics")
        values = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                key, _, value = line.rpartition(" ")
                values[key] = float(value)
        return values

    def metric(self, name, **labels):
        """Sum of the metric over the label sets that contain `labels`."""
        total = 0
        for key, value in self.metrics().items():
            base, _, rest = key.partition("{")
            found = dict(re.findall(r'(\w+)="([^"]*)"', rest))
            if base == name and labels.items() <= found.items():
                total += value
        return total

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


class Agent(Process):
    udp_port = None
    socket_path = None

    def send_udp(self, payload):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(payload, ("127.0.0.1", self.udp_port))

    def send_unix(self, *payloads):
        """Datagrams through the unix socket: none is lost, for a full queue makes the sender wait."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect(str(self.socket_path))
            for payload in payloads:
                s.send(payload)


class Cluster:
    """`agents` agents, one proxy, `globals_` globals; all of them up and ready after __enter__."""

    def __init__(self, agents=1, globals_=2, interval="1s", sinks="", seconds_to_start=30, host_metrics=False):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-test-"))
        self.interval = interval
        self.interval_s = float(interval.rstrip("s"))
        self.extra_sinks = sinks
        self.seconds_to_start = seconds_to_start
        proxy_grpc, proxy_http = free_port(), free_port()
        self.globals, self.agents = [], []
        ports = []
        for n in range(globals_):
            grpc, http = free_port(), free_port()
            ports.append(grpc)
            config = self.render("global", NODE=f"global-{n}", GRPC=grpc, HTTP=http, DATA=self.dir / f"global-{n}",
                                 INTERVAL=interval)
            config = config.replace("expected_agents: 3", f"expected_agents: {agents}") + sinks
            self.globals.append(Process(self, f"global-{n}", "tributary-global", config, http))
        proxy = self.render("proxy", GRPC=proxy_grpc, HTTP=proxy_http, INTERVAL=interval, GLOBAL0=0, GLOBAL1=0)
        members = "".join(f'    - {{id: global-{n}, address: "127.0.0.1:{port}"}}\n' for n, port in enumerate(ports))
        proxy = re.sub(r"(?<=  members:\n)(    - .*\n)+", members, proxy)
        self.proxy = Process(self, "proxy", "tributary-proxy", proxy, proxy_http)
        for n in range(agents):
            udp, http = free_port(), free_port()
            config = self.render("local", HOST=f"node-{n}", UDP=udp, HTTP=http, DATA=self.dir / f"agent-{n}",
                                 PROXY=proxy_grpc, INTERVAL=interval)
            if host_metrics:  # else a test's samples are its own
                config = config.replace("host_metrics: {enabled: false}", "host_metrics: {enabled: true}")
            agent = Agent(self, f"agent-{n}", "tributary-local", config, http)
            agent.udp_port, agent.socket_path = udp, self.dir / f"agent-{n}" / "dsd.socket"
            self.agents.append(agent)

    def render(self, template, **values):
        text = (TEMPLATES / f"{template}.yaml.in").read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        assert "@" not in re.sub(r"(?m)#.*$", "", text), f"unfilled template {template}: {text}"
        return text

    @property
    def processes(self):
        return [*self.globals, self.proxy, *self.agents]

    def __enter__(self):
        try:
            for process in self.processes:
                process.start()
            for process in self.processes:
                self.wait_for(lambda p=process: self.is_ready(p), self.seconds_to_start, f"{process.name} ready")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, error, trace):
        for process in self.processes:
            process.end()
        if error is not None:
            for process in self.processes:
                tail = (self.dir / f"{process.name}.log").read_text(errors="replace").splitlines()[-25:]
                print(f"--- {process.name}", *tail, sep="\n", file=sys.stderr)
        shutil.rmtree(self.dir, ignore_errors=True)

    def is_ready(self, process):
        if process.child.poll() is not None:
            raise AssertionError(f"{process.name} ended with status {process.child.returncode}")
        try:
            return process.http_get("/readyz")[0] == 200
        except OSError:
            return False

    @staticmethod
    def wait_for(condition, seconds=30, what="condition"):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")
            time.sleep(0.05)

    def rows(self):
        """What the JSON lines sinks were given, one per (emitter, series, interval, version): a repeat must be equal."""
        rows = {}
        for n, _ in enumerate(self.globals):
            for path in sorted((self.dir / f"global-{n}").glob("rows.jsonl*")):
                for line in path.read_bytes().split(b"\n")[:-1]:
                    row = json.loads(line)
                    if row["type"] == "event":
                        continue
                    row["interval"] = round(row["start_unix_ms"] / 1000 / self.interval_s)
                    key = (n, row["name"], tuple(row["tag_list"]), row["type"], row["interval"], row["version"])
                    if key in rows and rows[key] != row and not rows[key]["partial"]:
                        raise AssertionError(f"written twice with different values: {rows[key]} and {row}")
                    rows[key] = row
        return list(rows.values())

    def events(self):
        """What the JSON lines sinks were given of events; one written again is there twice."""
        lines = [line for n, _ in enumerate(self.globals)
                 for path in sorted((self.dir / f"global-{n}").glob("rows.jsonl*"))
                 for line in path.read_bytes().split(b"\n")[:-1]]
        return [event for event in map(json.loads, lines) if event["type"] == "event"]

    def rows_of(self, name):
        return [row for row in self.rows() if row["name"] == name]

    def total(self, name):
        """Sum of a counter's intervals over all its series."""
        return sum(row["value"] for row in self.rows_of(name))

    def count(self, name):
        """Samples of a distribution, weighted, over all its series and intervals."""
        return sum(row["count"] for row in self.rows_of(name))

    def query(self, expression, at=None):
        """The `data.result` of an instant query."""
        parameters = {"query": expression}
        if at is not None:
            parameters["time"] = str(at)
        status, text = self.proxy.http_get(f"/api/v1/query?{urllib.parse.urlencode(parameters)}")
        reply = json.loads(text)
        assert status == 200 and reply["status"] == "success", text
        return reply

    def status(self):
        """`data` of the proxy's view of the cluster."""
        status, text = self.proxy.http_get("/api/v1/status/cluster", timeout=10)
        reply = json.loads(text)
        assert status == 200 and reply["status"] == "success", text
        return reply["data"]

    def books(self, agent):
        """(accepted, committed, dropped, pending) of an agent, in samples."""
        metrics = agent.metrics()
        def family(name):
            return sum(value for key, value in metrics.items() if key.partition("{")[0] == name)
        return tuple(int(family(f"tributary_local_samples_{what}"))
                     for what in ("accepted_total", "committed_total", "dropped_total", "pending"))

    def assert_books_balance(self, test, seconds=60):
        """Waits until nothing is pending anywhere, then checks every agent's equation."""
        def settled():
            return all(books[3] == 0 and books[0] == books[1] + books[2]
                       for books in map(self.books, self.agents))
        self.wait_for(settled, seconds, lambda_text(lambda: f"books settled: {[self.books(a) for a in self.agents]}"))
        for agent in self.agents:
            accepted, committed, dropped, pending = self.books(agent)
            test.assertEqual((accepted, pending), (committed + dropped, 0), agent.name)


class lambda_text:
    """Text that is made when it is needed."""

    def __init__(self, make):
        self.make = make

    def __str__(self):
        return self.make()


