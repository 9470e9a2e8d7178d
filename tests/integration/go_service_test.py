"""The example of docs/go-service.md, whole: three instances of a Go service, load, a cluster; what Tributary says of them is held
against the service's own log, which has every single request."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from cluster import BIN, free_port, http_get

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_OF_LOAD = 12
RATE = 80
RANK_TOLERANCE = 0.01  # a share of all requests: a thousand of them, in three digests an interval


class Example:
    """examples/go-service/run.sh in a folder of its own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tributary-go-service-")
        self.data = pathlib.Path(self.folder.name) / "data"
        ports = " ".join(str(free_port()) for _ in range(4))
        self.child = subprocess.Popen(
            [ROOT / "examples/go-service/run.sh", "--bin", BIN.resolve(), "--data", self.data, "--interval", "1s",
             "--for", f"{SECONDS_OF_LOAD}s", "--rate", str(RATE), "--hold"],
            env={**os.environ, "PORTS": ports}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.output = []

    def read_until(self, word, seconds):
        """Lines of its output, up to the first that begins with `word`."""
        os.set_blocking(self.child.stdout.fileno(), True)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line = self.child.stdout.readline()
            if not line:
                break
            self.output.append(line)
            if line.startswith(word):
                return line
        raise AssertionError(f"no line that begins with {word!r}:\n{''.join(self.output)}")

    def finish(self):
        self.child.stdin.close()
        return self.child.wait(timeout=90)

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.finish()
        self.child.stdout.close()
        self.folder.cleanup()

    def requests(self):
        """(status, milliseconds) of each request that an instance wrote to its log."""
        return [(entry["status"], entry["duration_ms"])
                for n in range(3) for line in (self.data / f"service-{n}.log").read_text().splitlines()
                for entry in [json.loads(line)] if entry["msg"] == "request"]


class GoServiceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Example()
        cls.addClassCleanup(cls.example.end)
        cls.proxy = cls.example.read_until("proxy", 300).split()[1]
        cls.load = json.loads(cls.example.read_until("{", SECONDS_OF_LOAD + 60))
        cls.example.read_until("hold", 30)
        cls.requests = cls.example.requests()
        cls.wait_until_all_is_committed()

    @classmethod
    def values(cls, query):
        """{labels: value} of an instant query."""
        status, text = http_get(f"{cls.proxy}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        assert status == 200, text
        return {tuple(sorted(sample["metric"].items())): float(sample["value"][1]) for sample in json.loads(text)["data"]["result"]}

    @classmethod
    def value(cls, query):
        return sum(cls.values(query).values())

    @classmethod
    def wait_until_all_is_committed(cls):
        for _ in range(200):
            if cls.value("sum(increase(followers.requests[2m]))") >= len(cls.requests):
                return
            time.sleep(0.1)

    def test_each_request_is_counted_once(self):
        self.assertGreater(len(self.requests), SECONDS_OF_LOAD * RATE / 2)
        self.assertEqual(len(self.requests), self.load["sent"] - self.load["lost"])
        self.assertEqual(self.load["refused"], 0)
        self.assertEqual(self.value("sum(increase(followers.requests[2m]))"), len(self.requests))
        self.assertEqual(self.value("sum(histogram_count(increase(followers.duration[2m])))"), len(self.requests))

    def test_errors_are_those_that_the_callers_saw(self):
        failed = sum(status >= 500 for status, _ in self.requests)
        self.assertEqual(failed, self.load["failed"])
        self.assertEqual(self.value("sum(increase(followers.errors[2m]))"), failed)
        by_status = self.values("sum by (status) (increase(followers.requests[2m]))")
        self.assertEqual(by_status[(("status", "2xx"),)], len(self.requests) - failed)

    def test_percentiles_of_the_fleet_are_those_of_the_log(self):
        durations = sorted(spent for _, spent in self.requests)
        for quantile in (0.5, 0.9, 0.99):
            answer = self.value(f"quantile({quantile}, followers.duration[2m])")
            rank = sum(spent <= answer for spent in durations) / len(durations)
            self.assertAlmostEqual(rank, quantile, delta=RANK_TOLERANCE, msg=f"p{quantile * 100:g} = {answer} ms")

    def test_hosts_can_be_compared(self):
        hosts = self.values("quantile(0.9, followers.duration.by_host[2m]) by (host)")
        self.assertEqual({dict(labels)["host"] for labels in hosts}, {"node-0", "node-1", "node-2"})

    def test_calls_are_taken_apart(self):
        calls = self.value("sum(increase(social.connections[2m]))")
        self.assertEqual(calls, len(self.requests))
        new = self.values("sum by (reused) (increase(social.connections[2m]))")[(("reused", "false"),)]
        self.assertGreaterEqual(new, 3)  # an instance begins without one
        first_byte = self.value("quantile(0.5, social.first_byte[2m])")
        whole = self.value("quantile(0.5, social.duration[2m])")
        self.assertLess(0, first_byte)
        self.assertLess(first_byte, whole * 1.1)
        self.assertGreater(self.value("quantile(0.5, database.write[2m])"), 0)

    def test_a_launch_is_not_promised_on_what_nobody_has_seen(self):
        tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        done = subprocess.run([BIN / "tributary", "capacity", "launch", "--service", "followers", "--multiplier", "3", "--at", tomorrow,
                               "--slo", "p99<50ms", "--proxy", self.proxy], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("YES", done.stdout)
        self.assertIn("followers.requests has no whole hour of rows", done.stderr)

    def test_the_runtime_tells_of_itself(self):
        self.assertEqual(len(self.values("max by (host) (max_over_time(runtime.goroutines[2m]))")), 3)
        self.assertGreater(self.value("sum(increase(runtime.allocated_bytes[2m]))"), 1e6)


if __name__ == "__main__":
    unittest.main(verbosity=2)
