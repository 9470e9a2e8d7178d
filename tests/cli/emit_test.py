#!/usr/bin/env python3
"""`tributary emit`, `check-config` and `rules try` as programs: every transport, commands, files, and a real agent."""
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

from cluster import BIN, Cluster

TRIBUTARY = str(BIN.resolve() / "tributary")


def run(*words, env=None, **options):
    return subprocess.run([TRIBUTARY, *words], capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], **(env or {})}, **options)


class Listener:
    """Takes what is sent to a socket of one kind; one connection where there are any."""

    def __init__(self, kind):
        self.dir = tempfile.TemporaryDirectory(prefix="tributary-emit-")
        family = socket.AF_UNIX if kind.startswith("unix") else socket.AF_INET
        stream = kind in ("tcp", "unixstream")
        self.socket = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        if family == socket.AF_UNIX:
            path = f"{self.dir.name}/socket"
            self.socket.bind(path)
            self.address = f"{kind}://{path}"
        else:
            self.socket.bind(("127.0.0.1", 0))
            self.address = f"{kind}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.received = b""
        if stream:
            self.socket.listen(1)
            self.thread = threading.Thread(target=self.accept, daemon=True)
            self.thread.start()

    def accept(self):
        connection, _ = self.socket.accept()
        connection.settimeout(20)
        while piece := connection.recv(65536):
            self.received += piece
        connection.close()

    def stream(self):
        self.thread.join(20)
        return self.received

    def close(self):
        self.socket.close()
        self.dir.cleanup()


class EmitTest(unittest.TestCase):
    def listener(self, kind):
        listener = Listener(kind)
        self.addCleanup(listener.close)
        return listener

    def test_datagrams_hold_the_lines(self):
        for kind in ("udp", "unixgram"):
            listener = self.listener(kind)
            done = run("emit", "timer", "t", "1", "2", "--tag", "a:b", "--to", listener.address)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            self.assertEqual(listener.socket.recv(65536), b"t:1:2|ms|#a:b")

    def test_streams_are_framed_as_the_agent_reads_them(self):
        listener = self.listener("tcp")
        self.assertEqual(run("emit", "counter", "c", "--to", listener.address).returncode, 0)
        self.assertEqual(listener.stream(), b"c:1|c\n")
        listener = self.listener("unixstream")
        self.assertEqual(run("emit", "counter", "c", "--to", listener.address).returncode, 0)
        self.assertEqual(listener.stream(), struct.pack("<I", 5) + b"c:1|c")

    def test_lines_are_packed_up_to_the_payloads_bytes(self):
        listener = self.listener("unixgram")
        run("emit", "counter", "c", "--count", "5", "--payload-bytes", "12", "--to", listener.address)
        self.assertEqual([listener.socket.recv(65536) for _ in range(3)], [b"c:1|c\nc:1|c", b"c:1|c\nc:1|c", b"c:1|c"])

    def test_a_million_lines_arrive_whole(self):
        listener = self.listener("tcp")
        lines = "".join(f"m{n % 97}:{n}|g\n" for n in range(1_000_000))
        done = run("emit", "--to", listener.address, input=lines)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(listener.stream().decode(), lines)

    def test_what_a_pipe_brings_is_sent_before_the_pipe_ends(self):
        listener = self.listener("udp")
        with subprocess.Popen([TRIBUTARY, "emit", "--to", listener.address], stdin=subprocess.PIPE) as child:
            child.stdin.write(b"a:1|c\n")
            child.stdin.flush()
            self.assertEqual(listener.socket.recv(65536), b"a:1|c")
            child.stdin.close()
            self.assertEqual(child.wait(20), 0)

    def test_values_become_lines_and_bad_ones_are_told(self):
        done = run("emit", "values", "timer", "--dry-run", "--tag", "x:y", input="a 1.5s\nb 2 3 #r:eu\n\nc\nd abc\n")
        self.assertEqual(done.stdout, "a:1500|ms|#x:y\nb:2:3|ms|#x:y,r:eu\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard input:3: give a name and a value", done.stderr)
        self.assertIn("standard input:4: ", done.stderr)
        self.assertIn("2 of 4 lines were not sent", done.stderr)

    def test_nobody_listening_is_told(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for address in (f"udp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port}", "unixgram:///nowhere/socket",
                        "unixstream:///nowhere/socket"):
            done = run("emit", "counter", "c", "--to", address)
            self.assertEqual(done.returncode, 1, address)
            self.assertIn(address, done.stderr)
            self.assertIn("does an agent listen there?", done.stderr)

    def test_the_environment_names_the_agent(self):
        listener = self.listener("udp")
        run("emit", "counter", "c", env={"DD_DOGSTATSD_URL": listener.address})
        self.assertEqual(listener.socket.recv(65536), b"c:1|c")

    def test_a_commands_time_status_and_output_pass_through(self):
        listener = self.listener("unixgram")
        done = run("emit", "--name", "deploy", "--tag", "a:b", "--to", listener.address, "--command",
                   "cat; echo oops >&2; sleep 0.2; exit 3", input="typed\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, "typed\n", "oops\n"))
        timer, runs = listener.socket.recv(65536).decode().split("\n")
        self.assertRegex(timer, r"^deploy:[0-9.]+\|ms\|#a:b,exit_status:3$")
        self.assertGreaterEqual(float(timer.split(":")[1].split("|")[0]), 200)
        self.assertEqual(runs, "deploy.runs:1|c|#a:b,exit_status:3")

    def test_words_behind_dashes_belong_to_the_command(self):
        done = run("emit", "--dry-run", "--", "sh", "-c", 'echo "$@"; exit 4', "sh", "--name", "--", "x")
        self.assertEqual(done.returncode, 4)
        self.assertIn("--name -- x\n", done.stdout)
        self.assertIn("|#command:sh,exit_status:4\n", done.stdout)

    def test_whoever_ignores_the_ends_of_children_is_told_of_the_commands(self):
        ignores = lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        self.assertEqual(run("emit", "--dry-run", "--", "sh", "-c", "exit 6", preexec_fn=ignores).returncode, 6)

    def test_what_is_set_for_a_command_is_not_told(self):
        for command in ("PASSWORD=secret true", "PASSWORD='a secret b' true", "'secret' ; true"):
            done = run("emit", "--dry-run", "--command", command)
            self.assertIn("|#command:sh,exit_status:0\n", done.stdout, command)
            self.assertNotIn("secret", done.stdout)
        self.assertIn("|#command:true,", run("emit", "--dry-run", "--command", "true || false").stdout)

    def test_a_commands_status_stands_when_its_time_cannot_be_sent(self):
        done = run("emit", "--to", "unixgram:///nowhere/socket", "--", "sh", "-c", "exit 5")
        self.assertEqual(done.returncode, 5)
        self.assertIn("does an agent listen there?", done.stderr)
        self.assertEqual(run("emit", "--dry-run", "--", "/nowhere/program").returncode, 127)
        self.assertEqual(run("emit", "--dry-run", "--", "/etc/passwd").returncode, 126)
        self.assertEqual(run("emit", "--dry-run", "--", "sh", "-c", "kill -9 $$").returncode, 137)

    def test_signals_reach_the_command(self):
        child = subprocess.Popen([TRIBUTARY, "emit", "--dry-run", "--", "sh", "-c",
                                  "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.stdout.close)
        self.assertEqual(child.stdout.readline(), "ready\n")
        os.kill(child.pid, signal.SIGTERM)
        self.assertEqual(child.wait(20), 9)


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="tributary-files-")
        self.addCleanup(self.dir.cleanup)

    def write(self, name, text):
        path = pathlib.Path(self.dir.name) / name
        path.write_text(text)
        return str(path)

    def test_check_config_finds_the_program_and_speaks_its_words(self):
        good = self.write("good.yaml", "cluster: a\nforward: {proxies: ['127.0.0.1:1']}\n")
        bad = self.write("bad.yaml", "cluster: a\nglobals: {members: []}\nhtpp: {}\n")
        done = run("check-config", good)
        self.assertEqual((done.returncode, done.stdout), (0, f"{good}: good for tributary-local\n"))
        done = run("check-config", good, bad)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{bad}:3: htpp: ", done.stderr)
        self.assertIn(f"{bad}: not for use with tributary-proxy", done.stderr)

    def test_check_config_says_when_it_cannot_tell_whose_a_file_is(self):
        vague = self.write("vague.yaml", "cluster: a\n")
        done = run("check-config", vague)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--program local|proxy|global", done.stderr)
        self.assertEqual(run("check-config", "--program", "local", vague).returncode, 0)
        self.assertEqual(run("check-config", "/nowhere.yaml").returncode, 1)

    RULES = """
limits: {max_series_per_metric: 3}
rules:
  - {name: "debug.*", drop: true}
  - {name: "api.*", by: [region]}
"""
    LINES = "".join([f"debug.x:1|c|#n:{n}\n" for n in range(4)] + [f"api.calls:1:2|ms|#region:eu,user:{n}\n" for n in range(5)]
                    + [f"other:1|c|#n:{n}\n" for n in range(5)] + ["broken\n"])

    def test_rules_try_tells_series_before_and_after(self):
        rules = self.write("rules.yaml", self.RULES)
        done = run("rules", "try", rules, "--from", "-", "-o", "json", "--host", "web-1", input=self.LINES)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        self.assertEqual((result["lines"], result["lines_rejected"], result["samples"]), (15, 1, 19))
        self.assertEqual((result["series_before"], result["series_after"]), (14, 6))
        self.assertEqual(result["rules"], [{"rule": "debug.* drop", "samples": 4, "series": 4},
                                           {"rule": "api.* by region", "samples": 10, "series": 5}])
        self.assertEqual(result["folds"], [{"metric": "other", "series": 5, "limit": 3}])

    def test_rules_try_for_people(self):
        golden = pathlib.Path(__file__).resolve().parents[1] / "golden" / "cli" / "rules_try.txt"
        done = run("rules", "try", self.write("rules.yaml", self.RULES), "--from", self.write("lines", self.LINES))
        if os.environ.get("TRIBUTARY_GOLDEN") == "write":
            golden.write_text(done.stdout)
        self.assertEqual(done.stdout, golden.read_text())

    def test_rules_try_tells_mistakes_of_the_file_at_their_lines(self):
        rules = self.write("rules.yaml", "ingest: {}\nrules:\n  - {nmae: x}\n")
        done = run("rules", "try", rules, "--from", "-", input="")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{rules}:3: rules[0].nmae", done.stderr)
        self.assertNotIn("ingest", done.stderr)


class LiveTest(unittest.TestCase):
    def test_what_is_emitted_is_tapped_committed_and_in_top(self):
        with Cluster(agents=1, globals_=2) as cluster:
            agent = cluster.agents[0]
            http = {"TRIBUTARY_AGENT_HTTP": agent.url, "TRIBUTARY_PROXY": cluster.proxy.url,
                    "TRIBUTARY_AGENT": f"unixgram://{agent.socket_path}"}
            tap = subprocess.Popen([TRIBUTARY, "tap", "live.*{region:eu}", "-o", "raw", "--limit", "3"],
                                   stdout=subprocess.PIPE, text=True, env={**os.environ, **http})
            self.addCleanup(tap.stdout.close)
            cluster.wait_for(lambda: run("emit", "counter", "live.c", "--tag", "region:eu", env=http).returncode != 0 or
                             tap.poll() is not None, 30, "three lines tapped")
            self.assertEqual((tap.wait(20), tap.stdout.read()), (0, "live.c:1|c|#region:eu\n" * 3))
            self.assertEqual(run("emit", "counter", "live.n", "--count", "1000", env=http).returncode, 0)
            cluster.wait_for(lambda: cluster.total("live.n") == 1000, 60, "1000 counted")
            cluster.wait_for(lambda: json.loads(run("top", "-o", "json", env=http).stdout)["series"] > 0, 30, "series")
            self.assertIn("BUSIEST SERIES", run("top", env=http).stdout)
            self.emit_every_kind(cluster, http)
            # And the cluster at a glance; the agent and both globals are well.
            cluster.wait_for(lambda: run("status", env=http).returncode == 0, 30, "a cluster that is well")
            self.try_rules(cluster, http)

    def emit_every_kind(self, cluster, http):
        """What became of each kind, to the last field."""
        def emit(*words):
            done = run("emit", *words, "--tag", "region:eu", env=http)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

        emit("counter", "kind.counter", "3")
        emit("gauge", "kind.gauge", "70")
        emit("gauge", "kind.gauge", "-25")  # a change
        emit("timer", "kind.timer", "12.5", "250ms", "1.5s")
        emit("histogram", "kind.histogram", "10", "20")
        emit("distribution", "kind.distribution", "100", "--rate", "0.25")
        emit("set", "kind.set", "alice", "bob", "alice")
        emit("check", "kind.check", "critical", "--message", "no answer")
        emit("event", "Deployed 2.3", "by make\nat noon", "--alert-type", "success", "--priority", "low", "--host", "web-1",
             "--key", "deploys", "--source", "make")
        names = {f"kind.{kind}" for kind in ("counter", "gauge", "timer", "histogram", "distribution", "set", "check")}
        cluster.wait_for(lambda: names <= {row["name"] for row in cluster.rows()} and cluster.events(), 60, "all kinds")
        cluster.assert_books_balance(self)
        rows = {name: cluster.rows_of(name) for name in names}
        for name, found in rows.items():
            self.assertEqual({row["type"] for row in found}, {name.removeprefix("kind.")})
            by_host = ["host:node-0"] if name in ("kind.gauge", "kind.check") else []  # docs: gauges and checks are kept so
            self.assertEqual({tuple(row["tag_list"]) for row in found}, {(*by_host, "region:eu")}, name)
        self.assertEqual(cluster.total("kind.counter"), 3)
        self.assertEqual(max(rows["kind.gauge"], key=lambda row: row["interval"])["last"], 45)
        for name, count, total, least, most in (("timer", 3, 1762.5, 12.5, 1500), ("histogram", 2, 30, 10, 20),
                                                ("distribution", 4, 400, 100, 100)):
            found = rows[f"kind.{name}"]
            self.assertEqual((sum(row["count"] for row in found), sum(row["sum"] for row in found),
                              min(row["min"] for row in found), max(row["max"] for row in found)),
                             (count, total, least, most), name)
        self.assertEqual([round(row["estimate"]) for row in rows["kind.set"]], [2])
        self.assertEqual([(row["status"], row["message"]) for row in rows["kind.check"]], [(2, "no answer")])
        told = [{key: event.get(key) for key in ("title", "text", "alert_type", "priority", "host", "aggregation_key",
                                                 "source_type", "tag_list")} for event in cluster.events()]
        self.assertEqual(told, [{"title": "Deployed 2.3", "text": "by make\nat noon", "alert_type": "success", "priority": "low",
                                 "host": "web-1", "aggregation_key": "deploys", "source_type": "make",
                                 "tag_list": ["region:eu"]}])

    def try_rules(self, cluster, http):
        rules = pathlib.Path(tempfile.mkdtemp()) / "rules.yaml"
        self.addCleanup(shutil.rmtree, rules.parent)
        rules.write_text("rules:\n  - {name: 'live.*', without: [user]}\n")
        trial = subprocess.Popen([TRIBUTARY, "rules", "try", rules, "--from", "tap", "--for", "3s", "-o", "json"],
                                 stdout=subprocess.PIPE, text=True, env={**os.environ, **http})
        self.addCleanup(trial.stdout.close)
        for user in range(200):
            run("emit", "counter", "live.by_user", "--tag", f"user:{user % 20}", env=http)
            if trial.poll() is not None:
                break
        told = json.loads(trial.communicate(timeout=30)[0])
        self.assertEqual(trial.returncode, 0)
        self.assertGreater(told["series_before"], 1)
        self.assertEqual(told["series_after"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
