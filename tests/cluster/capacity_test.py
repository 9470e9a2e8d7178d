"""Can a fleet of M/M/8 services take a launch? Asked of the real programs, over history and traffic whose truth is known.

    agent-0 ... agent-3 -> proxy -> global-0 (with the imported history), global-1        interval 1 s

Each host has 8 servers of 100 requests a second and gets about 200. p99 is 49.1 ms at 600 a second (Kleinrock), so
three times the load is fine for a goal of 60 ms, and four times is all that 8 servers can serve.
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import threading
import time
import unittest
import urllib.parse

from client_programs import built_from
from cluster import BIN, Cluster

SUPPORT = pathlib.Path(os.environ.get("TRIBUTARY_SUPPORT", BIN.parent / "tests" / "support"))
LIVE_SECONDS = int(os.environ.get("TRIBUTARY_LIVE_SECONDS", "20"))
PAGE = pathlib.Path(__file__).resolve().parents[1] / "page"
SCREENSHOTS = os.environ.get("TRIBUTARY_SCREENSHOTS")  # a folder to leave them in
SERVERS, RATE, LOAD = 8, 100.0, 200.0
HOSTS = 4
DAYS = 15  # so that methods that look a week back are tried as a whole


class Fleet(Cluster):
    """With a history in global-0's store, and agents that go on where it ends."""

    def __init__(self, peak):
        super().__init__(agents=HOSTS, globals_=2, interval="1s")
        self.end = int(time.time()) // 60 * 60
        # The half hour in which queue_history writes the load test.
        self.test_from = self.end // 3600 * 3600 - 6 * 3600
        history = self.dir / "history.ndjson"
        with open(history, "wb") as out:
            subprocess.run([SUPPORT / "queue_history", "demo", "1s", str(HOSTS), str(DAYS), str(self.end), str(LOAD), str(peak)],
                           stdout=out, check=True, timeout=100)
        with open(history, "rb") as rows:
            subprocess.run([BIN / "tributary-global", "--store", "import", self.dir / "global-0" / "store"], stdin=rows,
                           check=True, timeout=100, capture_output=True)
        self.stop = threading.Event()
        self.senders = []

    def __enter__(self):
        super().__enter__()
        for number in range(HOSTS):
            sender = threading.Thread(target=self.send, args=(number,))
            sender.start()
            self.senders.append(sender)
        return self

    def __exit__(self, *error):
        self.stop.set()
        for sender in self.senders:
            sender.join()
        super().__exit__(*error)

    def send(self, number):
        """What an application and its host tell, a tenth of a second at a time."""
        dice = random.Random(number)
        while not self.stop.wait(0.1):
            count = round(LOAD / 10)
            # At a quarter of the capacity nobody waits: service times alone.
            values = ":".join("%.3f" % (1000 * dice.expovariate(RATE)) for _ in range(count))
            self.agents[number].send_unix(
                b"demo.requests:%d|c" % count, b"demo.request.latency:%s|ms" % values.encode(),
                b"system.cpu.utilization:%.4f|d|#host:node-%d" % (LOAD / SERVERS / RATE, number))

    def ask(self, what, **words):
        status, text = self.proxy.http_get(f"/api/v1/capacity/{what}?{urllib.parse.urlencode(words)}", timeout=100)
        return status, json.loads(text)

    def launch(self, multiplier, **words):
        status, reply = self.ask("launch", service="checkout", multiplier=multiplier, at=int(time.time()) + 20 * 3600,
                                 slo="p99<60ms", **{"for": "2h"}, **words)
        assert status == 200, reply
        return reply["data"]

    def tributary(self, *words, status=0):
        """Standard output of the command line."""
        done = subprocess.run([BIN / "tributary", "capacity", *words, "--proxy", self.proxy.url], capture_output=True,
                              text=True, timeout=120)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if status != 2 else done.stderr


class CapacityTest(unittest.TestCase):
    def test_with_a_load_test_three_times_is_yes_and_four_times_is_no(self):
        with Fleet(peak=760) as fleet:
            self.live(fleet)
            marked = fleet.tributary("calibrate", "--service", "checkout", "--from", str(fleet.test_from), "--to",
                                     str(fleet.test_from + 1800))
            self.assertIn("30 minutes", marked)

            three = fleet.launch(3)
            self.assertEqual(three["verdict"], "YES", three)
            self.assertGreater(three["probability"], 0.95)
            self.assertEqual(three["replicas"][0]["now"], HOSTS)
            self.assertAlmostEqual(three["demand"]["launch_p50"], 3 * LOAD * HOSTS, delta=0.06 * 3 * LOAD * HOSTS)
            cpu = next(check for check in three["checks"] if check["name"] == "cpu")
            self.assertAlmostEqual(cpu["expected_p50"], 0.75, delta=0.05)

            four = fleet.launch(4)
            self.assertEqual(four["verdict"], "NO", four)
            self.assertIn(four["first_to_break"]["name"], ("cpu", "queueing", "p99<60ms"))
            # 4 hosts at 800 a second each need one more for every 640 (80 % of 8 servers).
            self.assertGreaterEqual(four["replicas"][0]["more"], 1)
            mended = fleet.launch(4, replicas=four["replicas"][0]["more"])
            self.assertEqual(mended["verdict"], "YES", mended)

            self.the_command_line_says_the_same(fleet)
            with self.subTest("the page"):  # where there is no browser only this is skipped
                self.the_page_says_the_same(fleet)
            self.calibrations_outlive_the_proxy(fleet)

    def live(self, fleet):
        """Until what the agents send has been seen for a while, and global-0 reads the imported rows of an hour: its rollup
        has begun then."""
        fleet.wait_for(lambda: fleet.query('sum(increase({"demo.requests"}[10s]))')["data"]["result"], 60, "traffic")
        time.sleep(LIVE_SECONDS)

        def observed():
            status, reply = fleet.ask("forecast", metric="demo.requests", horizon="1h")
            return reply["data"]["observed"] if status == 200 else 0
        fleet.wait_for(lambda: observed() > (DAYS - 1) * 24, 60, "all hours")

    def the_command_line_says_the_same(self, fleet):
        when = time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 20 * 3600))
        words = ("launch", "--service", "checkout", "--at", when, "--slo", "p99<60ms", "--no-color")
        self.assertTrue(fleet.tributary(*words, "--multiplier", "3").startswith("YES ("))
        no = fleet.tributary(*words, "--multiplier", "4", status=1)
        self.assertTrue(no.startswith("NO ("), no)
        self.assertIn("First to break", no)
        headroom = fleet.tributary("headroom", "--service", "checkout")
        self.assertIn("node-0", headroom)
        self.assertIn("cpu", headroom)
        chart = fleet.tributary("forecast", "--service", "checkout", "--horizon", "2d")
        self.assertIn("o forecast", chart)
        self.assertRegex(chart, r"held [0-9.]+%")
        report = fleet.dir / "report.html"
        fleet.tributary("report", "--service", "checkout", "--multiplier", "3", "--at", when, "--slo", "p99<60ms",
                        "--output", str(report))
        html = report.read_text()
        self.assertIn('<p class="verdict YES">', html)
        self.assertIn("<svg", html)
        for outside in ("<script", "http://", "https://", "src="):
            self.assertNotIn(outside, html)

    def the_page_says_the_same(self, fleet):
        if not (shutil.which("chromium") and shutil.which("npm")):
            self.skipTest("needs chromium and npm")
        folder = built_from(PAGE, lambda place: subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True, timeout=120))
        pictures = pathlib.Path(SCREENSHOTS) if SCREENSHOTS else fleet.dir / "screenshots"
        pictures.mkdir(exist_ok=True)
        done = subprocess.run(["node", folder / "capacity.mjs", fleet.proxy.url, pictures], capture_output=True, text=True,
                              timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreater((pictures / "capacity.png").stat().st_size, 10_000)

    def calibrations_outlive_the_proxy(self, fleet):
        fleet.proxy.kill()
        fleet.proxy.start()
        fleet.wait_for(lambda: fleet.is_ready(fleet.proxy), 30, "the proxy again")
        _, reply = fleet.ask("calibrate")
        self.assertEqual([each["from"] for each in reply["data"]["calibrations"]], [fleet.test_from])
        # A global that has lost its disk gets them from the other.
        fleet.globals[1].kill()
        subprocess.run(["rm", "-r", str(fleet.dir / "global-1" / "store")], check=True)
        fleet.globals[1].start()
        fleet.wait_for(lambda: fleet.is_ready(fleet.globals[1]), 60, "global-1 again")
        self.assertEqual(len(fleet.ask("calibrate")[1]["data"]["calibrations"]), 1)
        fleet.globals[0].kill()
        _, reply = fleet.ask("calibrate")
        self.assertEqual(len(reply["data"]["calibrations"]), 1, reply)

    def test_without_a_load_test_it_is_unknown_and_names_the_load_to_test(self):
        with Fleet(peak=0) as fleet:
            self.live(fleet)
            for multiplier in (3, 4):
                answer = fleet.launch(multiplier)
                self.assertEqual(answer["verdict"], "UNKNOWN", answer)
                # The busiest host gets at most a few percent more than the mean.
                self.assertAlmostEqual(answer["load_test"]["host_load"], multiplier * LOAD,
                                       delta=0.12 * multiplier * LOAD)
                self.assertIn("more than 1.25 times the highest load", answer["missing"][0])
            self.questions_that_make_no_sense_are_told_so(fleet)

    def questions_that_make_no_sense_are_told_so(self, fleet):
        def refused(what, status, said, **words):
            got, reply = fleet.ask(what, **words)
            self.assertEqual((got, reply["status"]), (status, "error"), reply)
            self.assertIn(said, reply["error"])
        later = int(time.time()) + 3600
        refused("launch", 404, "checkout", service="chekout", multiplier=3, at=later)
        refused("launch", 400, "\"at\" is missing", service="checkout", multiplier=3)
        refused("launch", 400, "RFC 3339", service="checkout", multiplier=3, at="2026-02-30T09:00:00Z")
        refused("launch", 400, "in the future", service="checkout", multiplier=3, at=later - 7200)
        refused("launch", 400, "60 days", service="checkout", multiplier=3, at=later + 365 * 86400)
        refused("launch", 400, "no goal", service="checkout", multiplier=3, at=later, slo="fast")
        refused("launch", 400, "must be more than 0", service="checkout", multiplier=-1, at=later)
        refused("forecast", 404, "no.such.metric", metric="no.such.metric")
        refused("forecast", 400, "metric or a service")
        refused("headroom", 400, "window", window="1s")
        refused("headroom", 404, "checkout", service="nobody")
        self.assertIn("is no time", fleet.tributary("launch", "--service", "checkout", "--multiplier", "3", "--at",
                                                    "tomorrow-ish", status=2))


class HeadroomTest(unittest.TestCase):
    """20 hosts, told by 2 agents; one is full from some moment on."""

    def test_a_saturated_host_comes_first_within_two_intervals(self):
        interval = 5
        with Cluster(agents=2, globals_=2, interval=f"{interval}s") as cluster:
            stop = threading.Event()
            full = threading.Event()

            def send():
                while not stop.wait(0.5):
                    for n in range(20):
                        cpu = 0.99 if full.is_set() and n == 7 else 0.3 + 0.01 * n
                        cluster.agents[n % 2].send_unix(b"system.cpu.utilization:%.3f|d|#host:web-%d" % (cpu, n),
                                                        b"system.memory.utilization:0.5|d|#host:web-%d" % n)
            sender = threading.Thread(target=send)
            sender.start()
            try:
                def first():
                    status, text = cluster.proxy.http_get("/api/v1/capacity/headroom?window=1h", timeout=30)
                    data = json.loads(text)
                    return data["data"] if status == 200 and data["data"]["entities"] == 20 else None
                cluster.wait_for(first, 60, "20 hosts")
                self.assertEqual(first()["rows"][0]["entity"], "web-19")
                # From the beginning of an interval on.
                time.sleep(interval - time.time() % interval)
                full.set()
                began = time.time()
                cluster.wait_for(lambda: first()["rows"][0]["entity"] == "web-7", 60, "web-7 first")
                self.assertLessEqual(time.time() - began, 3 * interval)  # its own, and two more
                row = first()["rows"][0]
                self.assertEqual((row["entity"], row["resource"], row["bottleneck"]), ("web-7", "cpu", True))
                self.assertGreater(row["now"], 0.9)
                self.assertLess(row["multiplier"], 1)
            finally:
                stop.set()
                sender.join()


if __name__ == "__main__":
    unittest.main()
