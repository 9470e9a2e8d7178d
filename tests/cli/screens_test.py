#!/usr/bin/env python3
"""What `tributary` prints and draws: exact text against stored answers, and real terminals by tmux.

`TRIBUTARY_GOLDEN=write screens_test.py` writes tests/golden/cli anew: look at the difference.
"""
import http.server
import json
import math
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from leave_out import leave_out

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN", "build/dev/bin")).resolve()
TRIBUTARY = str(BIN / "tributary")
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "cli"
END = 1780000000  # 2026-05-28T20:26:40Z

TOP = {
    "interval_seconds": 10, "interval_end": END, "samples_per_second": 1234.5, "series": 187_000,
    "series_limit": 200_000, "kernel_drops": 3,
    "busiest": [
        {"series": "api.latency{region:eu}", "type": "timer", "scope": "global", "samples": 6172},
        {"series": "api.requests{region:us,service:checkout,team:payments,version:2026.05.28-3}", "type": "counter",
         "scope": "global", "samples": 4000},
        {"series": "queue.depth{host:web-1}", "type": "gauge", "scope": "host", "samples": 1}],
    "metrics": [{"name": "api.latency", "series": 120_000, "samples": 9999},
                {"name": "api.requests", "series": 812, "samples": 4001}],
    "tags": [{"key": "user", "values": 119_000, "series": 119_500}, {"key": "region", "values": 4, "series": 900}],
    "clients": [{"client": "10.1.2.3", "samples": 12_000, "lines_rejected": 0, "datagrams": 310, "bytes": 421_000,
                 "series": 700, "series_folded": 0},
                {"client": "pid 1234 (nginx)", "samples": 345, "lines_rejected": 12, "datagrams": 345,
                 "bytes": 9000, "series": 119_000, "series_folded": 100}],
    "folded": [{"metric": "api.latency", "client": "pid 1234 (nginx)", "reason": "metric_limit", "samples": 100}],
    "dropped": [{"reason": "timestamp_out_of_range", "samples": 2}],
    "rejected": [{"reason": "bad_value", "lines": 12}],
}

SAMPLES = {"accepted": 5_000_000, "committed": 4_990_000, "open": 6000, "pending": 4000, "local": 0, "dropped": 0,
           "untold_agents": 0, "difference": 0, "balanced": True}


def global_node(name, **changes):
    node = {"id": name, "heard": True, "error": "", "version": "0.1.0", "uptime_seconds": 93_784, "windows_open": 2048,
            "committed_through": END - 10, "lag_seconds": 1.2,
            "samples": {"received": 2_500_000, "committed": 2_495_000, "open": 5000, "dropped": []}, "balanced": True,
            "series": 40_123, "store_bytes": 734_003_200,
            "sinks": [{"name": "prometheus", "lag_seconds": 2, "rows_queued": 0, "rows_dropped": 0}]}
    return {**node, **changes}


def agent(host, **changes):
    node = {"host": host, "instance": "00112233445566778899aabbccddeeff", "state": "live", "last_interval": END - 10,
            "samples": {"accepted": 2_500_000, "committed": 2_495_000, "open": 3000, "pending": 2000, "local": 0,
                        "dropped": []},
            "balanced": True}
    return {**node, **changes}


def cluster(globals_, agents, samples=None, connected=(True, True)):
    members = [{"id": f"global-{n}", "address": f"10.0.0.{n}:8127", "weight": 1, "partitions": 2048, "connected": up}
               for n, up in enumerate(connected)]
    return {"status": "success", "data": {
        "cluster": "eu1", "interval_seconds": 10, "now": END, "view": {"effective_from": END - 3600, "members": members},
        "globals": globals_, "agents": agents, "samples": samples or SAMPLES}}


WELL = cluster([global_node("global-0"), global_node("global-1")], [agent("web-1"), agent("web-2")])
ILL = cluster(
    [global_node("global-0", lag_seconds=47.0, balanced=False,
                 samples={"received": 2_500_000, "committed": 2_400_000, "open": 5000,
                          "dropped": [{"reason": "late_unit", "samples": 12}]},
                 sinks=[{"name": "prometheus", "lag_seconds": 190, "rows_queued": 812_000, "rows_dropped": 7}]),
     {"id": "global-1", "heard": False, "error": "deadline exceeded"}],
    [agent("web-1"), agent("web-2", state="lost", last_interval=END - 190),
     agent("web-3", samples=None, balanced=None, last_interval=None)],
    {**SAMPLES, "untold_agents": 1, "difference": -95_000, "balanced": False}, connected=(True, False))

def vector(p99_of_eu):
    return {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"quantile": "0.99", "region": region}, "value": [END, value]}
        for region, value in (("eu", p99_of_eu), ("us", "80"))]},
        "infos": ["merged 720 rows of 24 series, resolution 10s, partial rows 0, smallest coverage 100%",
                  "globals 2/2, committed through 2026-05-28T20:26:40Z"]}


def matrix():
    """An hour of minutes: a wave in the EU with a gap, a bad deploy in the US."""
    eu = [[END - 3600 + 60 * n, f"{250 + 50 * math.sin(n / 6):.3f}"] for n in range(61) if not 20 < n < 26]
    us = [[END - 3600 + 60 * n, "80" if n < 40 else "210.5"] for n in range(61)]
    return {"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"region": "eu"}, "values": eu}, {"metric": {"region": "us"}, "values": us}]},
        "warnings": ["no answer from global global-1 (10.0.0.1:8127): deadline exceeded; what it holds is missing here"],
        "infos": ["merged 8640 rows of 24 series, resolution 1m, partial rows 0, smallest coverage 100%"]}


RECORDS = [
    {"time": END + 0.123, "line": "api.latency:12|ms|#region:eu", "client": "10.1.2.3"},
    {"time": END + 0.124, "line": "api.latency:abc|ms", "client": "pid 1234 (nginx)", "rejected": "bad_value"},
]


class FakeCluster:
    """An agent and a proxy that answer stored JSON; `answers` may be changed meanwhile."""

    def __init__(self):
        fake = self
        self.answers = {"/api/v1/top": TOP, "/api/v1/status/cluster": WELL, "/api/v1/query": vector("250.123"),
                        "/api/v1/query_range": matrix()}
        self.tap_polls, self.asked = 0, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                fake.asked.append(self.path)
                status, body = fake.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path.startswith("/api/v1/tap"):
            if "match=" in path:
                return 200, b'{"id":"t1","skipped":0,"records":[]}'
            self.tap_polls += 1
            records = RECORDS if self.tap_polls == 1 else []
            return 200, json.dumps({"id": "t1", "skipped": 5 if records else 0, "records": records}).encode()
        body = self.answers.get(path.partition("?")[0])
        return (404, b"no such page") if body is None else (200, json.dumps(body).encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def environment(**more):
    return {"PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **more}


def run(*words, **options):
    return subprocess.run([TRIBUTARY, *words], capture_output=True, text=True, timeout=30,
                          env=environment(**options.pop("env", {})), **options)


class Terminal:
    """A real one, by tmux, with a server of its own."""

    def __init__(self, columns=100, rows=40):
        self.dir = tempfile.mkdtemp(prefix="tributary-tmux-")
        self.tmux = ["tmux", "-S", f"{self.dir}/socket", "-f", "/dev/null"]
        subprocess.run([*self.tmux, "new-session", "-d", "-x", str(columns), "-y", str(rows), "env", "-i",
                        *[f"{k}={v}" for k, v in environment(PS1="$ ").items()], "bash", "--norc", "--noprofile"],
                       check=True, timeout=20)

    def type(self, text, enter=True):
        subprocess.run([*self.tmux, "send-keys", "-l", text], check=True, timeout=20)
        if enter:
            self.key("Enter")

    def key(self, name):
        subprocess.run([*self.tmux, "send-keys", name], check=True, timeout=20)

    def screen(self, colours=False):
        shown = subprocess.run([*self.tmux, "capture-pane", "-p", *(["-e"] if colours else [])], check=True,
                               capture_output=True, text=True, timeout=20).stdout
        return "\n".join(line.rstrip() for line in shown.splitlines()).rstrip("\n") + "\n"

    def wait_for(self, text, seconds=30):
        end = time.monotonic() + seconds
        while text not in self.screen():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {text!r} in\n{self.screen()}")
            time.sleep(0.05)
        return self.screen()

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], timeout=20)
        shutil.rmtree(self.dir, ignore_errors=True)


class ScreensTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.fake = FakeCluster()
        self.addCleanup(self.fake.close)

    def terminal(self, **size):
        terminal = Terminal(**size)
        self.addCleanup(terminal.close)
        return terminal

    def assert_golden(self, name, text):
        text = text.replace(self.fake.url, "http://fake:1")
        path = GOLDEN / name
        if os.environ.get("TRIBUTARY_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(path.read_text(), text)

    def test_top_prints_one_plain_snapshot_into_a_pipe(self):
        done = run("top", "--agent", self.fake.url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("\033", done.stdout)
        self.assert_golden("top.txt", done.stdout)
        self.assertEqual(self.fake.asked, ["/api/v1/top?limit=10"])

    def test_top_fills_the_terminal_and_leaves_it_as_it_was(self):
        for columns, rows in ((80, 24), (140, 40)):
            terminal = self.terminal(columns=columns, rows=rows)
            terminal.type("echo before")
            terminal.wait_for("\nbefore")
            terminal.type(f"{TRIBUTARY} top --agent {self.fake.url}")
            terminal.wait_for("LOST")
            self.assert_golden(f"top_{columns}x{rows}.txt", terminal.screen())
            terminal.key("q" if columns == 80 else "C-c")
            terminal.wait_for("before")
            terminal.type("echo status $? after")
            terminal.wait_for("status 0 after")

    def test_top_shows_colours_on_a_terminal_unless_told_otherwise(self):
        terminal = self.terminal()
        terminal.type(f"{TRIBUTARY} top --once --agent {self.fake.url}; echo end''ed")
        terminal.wait_for("ended")
        self.assertIn("\033[1m", terminal.screen(colours=True))
        for plain in ("--no-color", ""):
            terminal = self.terminal()
            prefix = "" if plain else "NO_COLOR=1 "
            terminal.type(f"{prefix}{TRIBUTARY} top --once {plain} --agent {self.fake.url}; echo end''ed")
            terminal.wait_for("ended")
            self.assertNotIn("\033[", terminal.screen(colours=True))

    def test_top_says_who_does_not_answer(self):
        done = run("top", "--agent", "http://127.0.0.1:1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("tributary top: no agent answers at http://127.0.0.1:1", done.stderr)
        self.assertIn("--agent or TRIBUTARY_AGENT_HTTP", done.stderr)

    def test_top_before_the_first_interval(self):
        self.fake.answers["/api/v1/top"] = {**TOP, "interval_end": 0}
        self.assertIn("no interval has ended yet", run("top", "--agent", self.fake.url).stdout)

    def test_top_refuses_an_answer_of_another_shape(self):
        self.fake.answers["/api/v1/top"] = {"series": 1}
        done = run("top", "--agent", self.fake.url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the answer is not as expected", done.stderr)

    def test_status_of_a_cluster_that_is_well(self):
        done = run("status", "--proxy", self.fake.url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_golden("status_well.txt", done.stdout)

    def test_status_tells_problems_first_and_fails(self):
        self.fake.answers["/api/v1/status/cluster"] = ILL
        done = run("status", env={"TRIBUTARY_PROXY": self.fake.url})
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assert_golden("status_problems.txt", done.stdout)

    def test_status_tells_problems_on_a_terminal(self):
        self.fake.answers["/api/v1/status/cluster"] = ILL
        for columns, rows in ((110, 40), (80, 24)):
            terminal = self.terminal(columns=columns, rows=rows)
            terminal.type(f"{TRIBUTARY} status --watch --interval 100ms --proxy {self.fake.url}")
            terminal.wait_for("does not answer: deadline exceeded")
            self.assert_golden(f"status_problems_{columns}x{rows}.txt", terminal.screen())
            self.assertIn("\033[", terminal.screen(colours=True))
            terminal.key("q")
            terminal.wait_for("$ ")

    def test_status_json_is_the_proxys_own(self):
        done = run("status", "--proxy", self.fake.url, "-o", "json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, WELL))

    def test_status_watches_until_q(self):
        terminal = self.terminal(columns=110, rows=24)
        terminal.type(f"{TRIBUTARY} status --watch --interval 100ms --proxy {self.fake.url}")
        terminal.wait_for("cluster eu1: well")
        self.assert_golden("status_110x24.txt", terminal.screen())
        self.fake.answers["/api/v1/status/cluster"] = ILL
        terminal.wait_for("does not answer: deadline exceeded")
        terminal.key("q")
        terminal.wait_for("$ ")

    QUERY_RANGE = f"--start {END - 3600} --end {END} --step 1m"

    def test_query_draws_a_range_on_a_terminal(self):
        for columns, rows in ((80, 24), (140, 40)):
            terminal = self.terminal(columns=columns, rows=rows)
            terminal.type(f"clear; {TRIBUTARY} query p99 api.latency --by region {self.QUERY_RANGE} --no-color "
                          f"--proxy {self.fake.url} 2>/dev/null; echo end''ed")
            terminal.wait_for("ended")
            self.assert_golden(f"query_range_{columns}x{rows}.txt", terminal.screen())

    def test_query_tells_series_apart_by_colours_on_a_terminal(self):
        terminal = self.terminal()
        terminal.type(f"clear; {TRIBUTARY} query p99 m --by region {self.QUERY_RANGE} --proxy {self.fake.url}; echo end''ed")
        shown = terminal.wait_for("ended")
        self.assertIn("● region=eu  ● region=us", shown)
        self.assertIn("merged 8640 rows", shown)
        self.assertIn("\033[36m", terminal.screen(colours=True))
        self.assertIn("\033[33m●", terminal.screen(colours=True))

    def test_query_into_a_pipe_draws_no_chart_and_no_colours(self):
        done = run("query", "p99", "m", "--by", "region", *self.QUERY_RANGE.split(), "--proxy", self.fake.url)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\033", done.stdout + done.stderr)
        self.assertNotIn("┤", done.stdout)
        self.assert_golden("query_range.txt", done.stdout)
        self.assertIn("warning: no answer from global global-1", done.stderr)

    def test_query_watches_with_trends_until_q(self):
        terminal = self.terminal(columns=100, rows=24)
        terminal.type("echo before")
        terminal.wait_for("\nbefore")
        terminal.type(f"{TRIBUTARY} query p99 api.latency --by region --watch 0.1 --proxy {self.fake.url}")
        terminal.wait_for("▁▁▁▁")
        for p99 in ("300", "350"):
            self.fake.answers["/api/v1/query"] = vector(p99)
            terminal.wait_for(p99)
        shown = terminal.wait_for("█")
        self.assertIn("quantile([0.99], api.latency[5m]) by (region)", shown)
        self.assertIn("globals 2/2", shown)
        del self.fake.answers["/api/v1/query"]
        terminal.wait_for("not one of Prometheus's HTTP API")  # and it goes on
        self.fake.answers["/api/v1/query"] = vector("350")
        terminal.wait_for("REGION")
        terminal.key("q")
        terminal.wait_for("before")
        terminal.type("echo status $? after")
        terminal.wait_for("status 0 after")

    def test_query_watches_until_its_condition_is_met(self):
        terminal = self.terminal(columns=100, rows=24)
        terminal.type(f"{TRIBUTARY} query p99 m --by region --watch=100ms --fail-if '>1s' --proxy {self.fake.url}")
        terminal.wait_for("REGION")
        self.fake.answers["/api/v1/query"] = vector("1234")
        terminal.wait_for("met: region=eu p99 is 1234, > 1s")
        terminal.type("echo status $? after")
        terminal.wait_for("status 3 after")

    def test_query_watch_into_a_pipe_prints_each_answer(self):
        done = subprocess.Popen([TRIBUTARY, "query", "p99", "m", "--watch=100ms", "-o", "json", "--proxy", self.fake.url],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment())
        lines = [json.loads(done.stdout.readline()) for _ in range(3)]
        done.terminate()
        self.assertEqual(done.wait(timeout=20), 0)
        done.stdout.close()
        self.assertEqual(lines, [vector("250.123")] * 3)

    def test_tap_prints_what_comes_and_ends_in_time(self):
        done = run("tap", "api.*{region:eu}", "--agent", self.fake.url, "--for", "500ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_golden("tap.txt", done.stdout)
        self.assertEqual(self.fake.asked[0],
                         "/api/v1/tap?match=api.%2A%7Bregion%3Aeu%7D&rate=100&rejected=also")
        self.assertEqual(self.fake.asked[1], "/api/v1/tap?id=t1")

    def test_tap_as_json_and_with_a_limit(self):
        done = run("tap", "--agent", self.fake.url, "--limit", "1", "-o", "json")
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()], RECORDS[:1])

    def test_tap_raw_is_what_emit_reads(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            udp.settimeout(10)
            tap = run("tap", "--agent", self.fake.url, "--limit", "1", "-o", "raw")
            self.assertIn("rejected=no", self.fake.asked[0])
            sent = run("emit", "--to", f"udp://127.0.0.1:{udp.getsockname()[1]}", input=tap.stdout)
            self.assertEqual((sent.returncode, udp.recv(9000)), (0, b"api.latency:12|ms|#region:eu"))

    def test_tap_ends_with_ctrl_c_and_with_its_pipe(self):
        terminal = self.terminal()
        terminal.type(f"{TRIBUTARY} tap --agent {self.fake.url}")
        terminal.wait_for("rejected: bad_value")
        terminal.key("C-c")
        terminal.wait_for("2 lines shown, 5 beyond --rate")
        terminal.type("echo status $?")
        terminal.wait_for("status 0")
        self.fake.tap_polls = 0
        terminal.type(f"{TRIBUTARY} tap --agent {self.fake.url} | head -n 1; echo \"${{PIPESTATUS[0]}} en\"ded")
        terminal.wait_for("0 ended")

    def test_tap_in_a_terminal(self):
        for columns, rows in ((100, 24), (60, 24)):  # the narrow one wraps: a line of a tap is whole
            self.fake.tap_polls = 0
            terminal = self.terminal(columns=columns, rows=rows)
            terminal.type(f"clear; {TRIBUTARY} tap 'api.*{{region:eu}}' --agent {self.fake.url}")
            terminal.wait_for("bad_value")
            self.assertIn("\033[", terminal.screen(colours=True))
            terminal.key("C-c")
            terminal.wait_for("2 lines shown, 5 beyond --rate")
            self.assert_golden(f"tap_{columns}x{rows}.txt", terminal.screen())

    def test_progress_is_told_while_work_is_long_and_gone_when_it_is_done(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            address = f"udp://127.0.0.1:{udp.getsockname()[1]}"
            terminal = self.terminal()
            terminal.type(f"clear; (echo a:1\\|c; sleep 1.5; echo a:1\\|c; sleep 1.5) | {TRIBUTARY} emit --to {address}; echo sta''tus $?")
            terminal.wait_for("2 lines, ")
            self.assertEqual(terminal.wait_for("status 0\n$"), "status 0\n$\n")
            # And of how many, where that is known.
            terminal.type(f"clear; {TRIBUTARY} emit counter a --count 1000000000 --to {address}")
            terminal.wait_for(" of 1,000,000,000 lines, ")
            terminal.key("C-c")
            terminal.wait_for("\n$")

    def test_completion_works_in_bash(self):
        terminal = self.terminal()
        terminal.type(f"PATH={BIN}:$PATH; source <(tributary completion bash); clear; echo rea''dy")
        terminal.wait_for("ready")
        for typed, completed in (("tributary stat", "tributary status"), ("tributary emit dis", "emit distribution"),
                                 ("tributary query --out", "query --output"),
                                 ("tributary series --wh", "series --where"), ("tributary labels -o c", "labels -o csv"),
                                 ("tributary query --ch", "query --chart"), ("tributary tap -o j", "tap -o json")):
            terminal.type(typed, enter=False)
            terminal.key("Tab")
            terminal.wait_for(completed)
            terminal.key("C-c")

    def test_completion_works_in_zsh(self):
        if not shutil.which("zsh"):
            leave_out("zsh is not installed")
        terminal = self.terminal()
        terminal.type("exec zsh -f")
        terminal.type(f"PS1='zsh> '; PATH={BIN}:$PATH; autoload -Uz compinit; compinit -D -u; "
                      "source <(tributary completion zsh); clear; echo rea''dy")
        terminal.wait_for("ready")
        for typed, completed in (("tributary stat", "tributary status"), ("tributary emit dis", "emit distribution"),
                                 ("tributary query --out", "query --output"), ("tributary tap -o j", "tap -o json")):
            terminal.type(typed, enter=False)
            terminal.key("Tab")
            terminal.wait_for(completed)
            terminal.key("C-c")

    def test_completion_is_valid_zsh(self):
        if not shutil.which("zsh"):
            leave_out("zsh is not installed")
        script = run("completion", "zsh").stdout
        done = subprocess.run(["zsh", "-f", "-c", f"autoload -Uz compinit && compinit -D -u; {script}\n"
                               "print ${_comps[tributary]}"], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.stdout.strip(), done.stderr), ("_tributary", ""))

    def test_man_pages_render_without_a_warning(self):
        for program, section in (("tributary", 1), ("tributary-local", 8), ("tributary-proxy", 8),
                                 ("tributary-global", 8)):
            page = subprocess.run([BIN / program, "--print-man-page"], capture_output=True, text=True, timeout=30)
            self.assertEqual(page.returncode, 0)
            shown = subprocess.run(["groff", "-man", "-ww", "-k", "-Tutf8", "-P-cbou"], input=page.stdout,
                                   capture_output=True, text=True, timeout=30)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), program)
            self.assertIn(f"{program.upper()}({section})", shown.stdout)
            self.assertIn("SEE ALSO", shown.stdout)

    def test_wrong_words_are_told_with_2(self):
        for words in ([], ["conter"], ["emit", "conter", "x"], ["top", "--interval", "1ms"], ["tap", "--for", "x"],
                      ["status", "--watch"], ["emit", "counter", "a|b"], ["emit", "--rate", "2", "counter", "a"],
                      ["query", "p99", "m", "--fail-if", "300"], ["series"], ["labels", "a", "b"],
                      ["labels", "--last", "0s"], ["series", "m", "--start", "soon"]):
            done = run(*words, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertTrue(done.stderr.startswith("tributary"), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
