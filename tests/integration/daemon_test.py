"""What the three programs have in common: pages, log level, profile, reload, watchdog, crash reports.

    agent-0 -> proxy -> global-0        interval 1 s
"""
import ctypes
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from cluster import BIN, Cluster, http_get


def http_do(method, url, timeout=30, headers=None):
    """(status, bytes) of a request without a body."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class NotifySocket:
    """What a process tells its service manager."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(20)

    def close(self):
        self.socket.close()

    def wait_for(self, line):
        while True:
            told = self.socket.recv(4096).decode().splitlines()
            if line in told:
                return told


class DaemonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=1, globals_=1)
        for process in cls.cluster.processes:
            process.config.write_text(process.config.read_text() + f"\ncrash_dir: {cls.cluster.dir}/crashes\n")
        cls.cluster.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None, None, None)

    def log_of(self, process):
        return (self.cluster.dir / f"{process.name}.log").read_text()

    def edit(self, process, old, new):
        text = process.config.read_text()
        self.assertIn(old, text)
        process.config.write_text(text.replace(old, new))
        self.addCleanup(process.config.write_text, text)

    def reload(self, process):
        """SIGHUP, and waits until it is done. Returns what was logged meanwhile."""
        def done():
            return process.metric("tributary_config_reloads_total")
        before, log = done(), len(self.log_of(process))
        process.signal(signal.SIGHUP)
        self.cluster.wait_for(lambda: done() > before, 20, "reload")
        self.cluster.wait_for(lambda: "digest" in self.log_of(process)[log:] or "not reloaded" in self.log_of(process)[log:],
                              20, "log of the reload")
        return self.log_of(process)[log:]

    def test_the_config_page_is_a_configuration_with_the_same_settings(self):
        for process in self.cluster.processes:
            status, page = http_get(process.url + "/config")
            self.assertEqual(status, 200)
            self.assertRegex(page, r"(?m)^interval: 1s  # line \d+$")
            self.assertRegex(page, r"(?m)^  admin: loopback  # default$")
            copy = self.cluster.dir / "copy.yaml"
            copy.write_text(page)
            checked = subprocess.run([BIN / process.program, "--check-config", "--config", copy], timeout=20, env={},
                                     capture_output=True, text=True)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), process.name)

    def test_the_digest_is_the_same_everywhere(self):
        for process in self.cluster.processes:
            digest = json.loads(http_get(process.url + "/version")[1])["config_digest"]
            self.assertRegex(digest, "^[0-9a-f]{32}$")
            self.assertIn(f"Digest {digest}", http_get(process.url + "/config")[1])
            self.assertEqual(process.metric("tributary_config_info", digest=digest), 1)
            self.assertEqual(process.metric("tributary_build_info"), 1)

    def test_the_log_level_changes_for_a_while(self):
        for process in self.cluster.processes:
            url = process.url + "/log/level"
            status, page = http_do("PUT", url + "?level=error&for=1s")
            self.assertEqual((status, json.loads(page)["level"]), (200, "error"))
            self.cluster.wait_for(lambda: json.loads(http_get(url)[1])["level"] == "info", 20, "the level is back")

    def test_browsers_may_not_act(self):
        for process in self.cluster.processes:
            status, _ = http_do("PUT", process.url + "/log/level?level=error", headers={"Origin": "http://evil"})
            self.assertEqual(status, 403)
            status, _ = http_do("POST", process.url + "/debug/profile?seconds=1", headers={"Origin": "http://evil"})
            self.assertEqual(status, 403)

    def test_a_profile_is_one_that_pprof_reads_and_one_at_a_time(self):
        for process in self.cluster.processes:
            url = process.url + "/debug/profile?seconds="
            answers = []
            both = [threading.Thread(target=lambda u=url: answers.append(http_do("POST", u + "3"))) for _ in range(2)]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join(timeout=30)
            self.assertEqual(sorted(status for status, _ in answers), [200, 409])
            body = dict(answers)[200]
            # Header count 0, header words 3, version 0, period 10,000 µs (100 Hz): gperftools' cpuprofile-fileformat.
            self.assertEqual(struct.unpack("<5Q", body[:40]), (0, 3, 0, 10000, 0))
            self.assertIn(b"r-xp", body)  # the mappings that symbols are found by
            self.assertEqual(http_do("POST", url + "61")[0], 400)

    def test_a_wrong_file_changes_nothing_and_is_told_whole(self):
        for process in self.cluster.processes:
            before = http_get(process.url + "/config")[1]
            self.edit(process, "interval: 1s", "interval: 7s\nnonsense: 1")
            log = self.reload(process)
            self.assertRegex(log, r"yaml:\d+: interval: must divide 60s")
            self.assertRegex(log, r"yaml:\d+: nonsense: unknown key")
            self.assertEqual(http_get(process.url + "/config")[1], before)
            self.assertEqual(process.metric("tributary_config_reloads_total", result="failed"), 1)

    def test_what_can_be_reloaded_is_and_the_rest_is_named(self):
        for process in self.cluster.processes:
            self.edit(process, "interval: 1s", "interval: 2s\nshutdown_grace: 17s")
            log = self.reload(process)
            self.assertIn("changed, needs a restart: interval\n", log)
            self.assertIn("changed: shutdown_grace\n", log)
            page = http_get(process.url + "/config")[1]
            self.assertIn("# changed in the file, needs a restart: interval\n", page)
            self.assertRegex(page, r"(?m)^interval: 1s  # line \d+$")
            self.assertRegex(page, r"(?m)^shutdown_grace: 17s  # line \d+$")

    def test_an_agents_rules_are_reloaded(self):
        agent = self.cluster.agents[0]
        def send_until(condition, what):
            def again():
                agent.send_unix(b"reloaded.hits:1|c")
                return condition()
            self.cluster.wait_for(again, 30, what)
        send_until(lambda: self.cluster.total("reloaded.hits") > 0, "hits without rules")
        agent.config.write_text((text := agent.config.read_text()) + '\nextend_tags: ["tier:gold"]\n')
        self.addCleanup(agent.config.write_text, text)
        self.assertIn("changed: extend_tags\n", self.reload(agent))
        send_until(lambda: any("tier:gold" in row["tag_list"] for row in self.cluster.rows_of("reloaded.hits")),
                   "hits with the tag")

    def test_a_crash_leaves_a_report_that_names_functions(self):
        agent = self.cluster.agents[0]
        digest = json.loads(http_get(agent.url + "/version")[1])["config_digest"]
        for number in (signal.SIGSEGV, signal.SIGABRT):
            pid = agent.child.pid
            agent.signal(number)
            self.assertEqual(agent.child.wait(timeout=60), -number)
            agent.start()
            self.cluster.wait_for(lambda: self.cluster.is_ready(agent), 30, "agent again")
            reports = list((self.cluster.dir / "crashes").glob(f"tributary-local-*-{pid}.crash"))
            self.assertEqual(len(reports), 1)
            text = reports[0].read_text()
            self.assertRegex(text, r"^program: tributary-local \d+\.\d+\.\d+\n")
            self.assertIn(f"config digest: {digest}\nthread: tributary-local ({pid})\nlast words: \n", text)
            self.assertIn(f"*** {number.name} received at time=", text)
            self.assertRegex(text, r"(?m)^    @ 0x[1-9a-f][0-9a-f]+ tributary::SignalWaiter::Wait\(\)$")
            self.assertRegex(text, r"(?m)^    @ 0x[1-9a-f][0-9a-f]+ main$")
            self.assertIn("there are crash reports, the newest", self.log_of(agent))

    def test_the_service_manager_hears_of_a_life(self):
        proxy = self.cluster.proxy
        proxy.stop()
        path = self.cluster.dir / "notify"
        notify = NotifySocket(path)
        self.addCleanup(notify.close)
        os.environ.update(NOTIFY_SOCKET=str(path), WATCHDOG_USEC="400000")
        try:
            proxy.start()
        finally:
            for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
                del os.environ[name]
        notify.wait_for("READY=1")
        notify.wait_for("WATCHDOG=1")
        proxy.signal(signal.SIGHUP)
        notify.wait_for("RELOADING=1")
        notify.wait_for("READY=1")
        self.assertEqual(proxy.stop(), 0)
        notify.wait_for("STOPPING=1")
        proxy.start()
        self.cluster.wait_for(lambda: self.cluster.is_ready(proxy), 30, "proxy again")


class StuckThread:
    """Holds one thread of a process still, as a debugger does."""
    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, pid, name):
        tasks = pathlib.Path(f"/proc/{pid}/task")
        self.thread = next(int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == name)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def ask(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def hold(self):
        self.ask(self.SEIZE)
        self.ask(self.INTERRUPT)
        os.waitpid(self.thread, 0x40000000)  # __WALL: it stands still now

    def release(self):
        self.ask(self.DETACH)


class WatchdogTest(unittest.TestCase):
    """One agent whose flusher is held still; its proxy is nobody."""

    def setUp(self):
        self.cluster = Cluster(agents=1, globals_=1)
        self.addCleanup(self.cluster.__exit__, None, None, None)
        self.agent = self.cluster.agents[0]

    def start(self, watchdog):
        self.agent.config.write_text(self.agent.config.read_text() + f"\ncrash_dir: {self.cluster.dir}/crashes\n"
                                     f"watchdog: {watchdog}\n")
        self.agent.start()
        self.cluster.wait_for(lambda: self.health()[0] == 200, 20, "healthy")
        self.cluster.wait_for(lambda: self.agent.metric("tributary_local_intervals_closed_total") > 0, 20, "an interval")

    def health(self):
        try:
            return http_get(self.agent.url + "/healthz")
        except OSError:
            return 0, ""

    def test_a_stuck_flusher_is_named_until_it_moves_again(self):
        self.start("{intervals: 2, abort_intervals: 0}")
        flusher = StuckThread(self.agent.child.pid, "flusher")
        flusher.hold()
        self.cluster.wait_for(lambda: self.health()[0] == 503, 20, "unhealthy")
        self.assertRegex(self.health()[1], r"^watchdog: flusher has not moved for [\d.]+s\n$")
        self.assertEqual(self.agent.metric("tributary_watchdog_stuck_total", work="flusher"), 1)
        flusher.release()
        self.cluster.wait_for(lambda: self.health()[0] == 200, 20, "healthy again")
        self.assertEqual(self.agent.metric("tributary_watchdog_stuck_total", work="flusher"), 1)

    def test_a_process_that_was_stopped_was_not_stuck(self):
        self.start("{intervals: 2, abort_intervals: 3}")
        closed = self.agent.metric("tributary_local_intervals_closed_total")
        self.agent.signal(signal.SIGSTOP)
        time.sleep(5)  # longer than the watchdog's patience, were time to count
        self.agent.signal(signal.SIGCONT)
        self.cluster.wait_for(lambda: self.agent.metric("tributary_local_intervals_closed_total") > closed, 20, "life")
        self.assertEqual(self.health()[0], 200)
        self.assertEqual(self.agent.metric("tributary_watchdog_stuck_total"), 0)

    def test_a_process_whose_flusher_is_stuck_ends_with_the_flushers_stack(self):
        self.start("{intervals: 1, abort_intervals: 2}")
        flusher = StuckThread(self.agent.child.pid, "flusher")
        flusher.hold()
        log = self.cluster.dir / "agent-0.log"
        self.cluster.wait_for(lambda: "ending the process" in log.read_text(), 20, "the end")
        flusher.release()
        self.assertEqual(self.agent.child.wait(timeout=60), -signal.SIGABRT)
        report, = (self.cluster.dir / "crashes").iterdir()
        text = report.read_text()
        self.assertRegex(text, rf"(?m)^thread: flusher \({flusher.thread}\)$")
        self.assertRegex(text, r"(?m)^last words: watchdog: flusher has not moved for \d")
        self.assertIn("tributary::Flusher::Run()", text)


class CrashDirectoryTest(unittest.TestCase):
    def test_only_the_newest_ten_reports_stay(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            reports = [f"tributary-proxy-{1780000000 + n}-1.crash" for n in range(14)]
            others = ["tributary-local-1780000000-1.crash", "notes.txt"]
            for file in reports + others:
                (directory / file).write_text("x")
            config = directory / "proxy.yaml"
            # Ends at once: the address is nobody's.
            config.write_text(f"crash_dir: {directory}\nhttp: {{listen: '192.0.2.1:1'}}\ntls: off\n"
                              "grpc: {listen: '192.0.2.1:1'}\n"
                              "globals: {members: [{id: a, address: '127.0.0.1:1'}]}\n")
            ended = subprocess.run([BIN / "tributary-proxy", "--config", config], timeout=30, capture_output=True,
                                   text=True)
            self.assertEqual(ended.returncode, 1, ended.stderr)
            left = {file.name for file in directory.iterdir()}
            self.assertEqual(left, {"proxy.yaml", *others, *reports[4:]})

    def test_a_directory_that_cannot_be_written_is_an_error(self):
        with tempfile.TemporaryDirectory() as name:
            config = pathlib.Path(name) / "proxy.yaml"
            config.write_text("crash_dir: /proc/no\nglobals: {members: [{id: a, address: '127.0.0.1:1'}]}\n")
            ended = subprocess.run([BIN / "tributary-proxy", "--config", config], timeout=30, capture_output=True,
                                   text=True)
            self.assertEqual(ended.returncode, 1)
            self.assertIn("crash_dir /proc/no: ", ended.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
