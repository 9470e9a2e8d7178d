"""What no client should send, on every listener of an agent and on every page: it is counted by its reason, shown by a tap,
bounded in memory, and undisturbing.

    steady clients (unix datagrams, unix streams, TCP) ---\\
                                                           agent-0 -> proxy -> global-0        interval 1 s
    hostile ones, to the agent and to pages of all three --/

The steady clients send all the while, and what they sent must be committed to the last sample. 10,000 connections need as many
descriptors: where the machine does not allow them, that is a failure. Random bytes print their seed.
"""
import json
import os
import random
import socket
import struct
import subprocess
import threading
import unittest

from cluster import BIN, Cluster, free_port, http_get, lambda_text
from hostile_clients import (CONNECTIONS, DESCRIPTORS, MAX_CONNECTIONS, MIB, Peaks, Steady, allow_descriptors,
                             assert_memory_within_bounds, close_all, connect, hold, try_send)

SENDER = BIN.parent / "tests" / "support" / "packed_sender"
UNIQUE_SERIES = 10_000_000
BAD_LINES = {
    b"bad.nan:nan|c": "bad_value", b"bad.inf:inf|g": "bad_value", b"bad.huge:1e999|c": "bad_value",
    b"bad.rate:1|c|@0": "bad_rate", b"bad.rate:1|c|@-1": "bad_rate", b"bad.rate:1|c|@nan": "bad_rate",
    b"bad.type:1|x": "unknown_type", b"bad.none": "no_value", b":1|c": "no_name", b"n" * 2000 + b":1|c": "name_too_long",
    b"bad.time:1|c|T0": "bad_timestamp", b"_e{99,99}:a|b": "bad_event", b"_sc|bad|9": "bad_check",
}


def is_served(address):
    """Whether a new connection is kept; one that is too many is closed at once."""
    with connect(address, timeout=0.5) as s:
        try:
            s.sendall(b"newcomer:1|c\n")
            return s.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False


class Tap(threading.Thread):
    """Everything that is refused, by reason, as /api/v1/tap shows it."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.url, self.lines, self.over = agent.url + "/api/v1/tap", {}, threading.Event()
        self.id = self.get("match=*&rejected=only&rate=1000")["id"]
        self.start()

    def get(self, query):
        status, text = http_get(f"{self.url}?{query}", timeout=20)
        assert status == 200, text
        return json.loads(text)

    def run(self):
        while not self.over.wait(0.2):
            try:
                page = self.get("id=" + self.id)
            except (OSError, AssertionError):
                if self.over.is_set():
                    return
                self.id = self.get("match=*&rejected=only&rate=1000")["id"]
                continue
            for record in page["records"]:
                self.lines.setdefault(record["rejected"], []).append(record["line"])


class HostileInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        allow_descriptors(DESCRIPTORS)
        cls.cluster = Cluster(agents=1, globals_=1)
        cls.agent = cls.cluster.agents[0]
        cls.tcp = ("127.0.0.1", free_port())
        config = cls.agent.config.read_text()
        config = config.replace("ingest:\n  listen:\n", f"ingest:\n  max_connections: {MAX_CONNECTIONS}\n"
                                f"  line_timeout: 2s\n  listen:\n    - tcp://127.0.0.1:{cls.tcp[1]}\n")
        cls.agent.config.write_text(config)
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        cls.stream = str(cls.agent.socket_path.with_name("dsd.stream"))
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.connect(str(cls.agent.socket_path))
        lines = connect(cls.tcp, timeout=60)
        stream = connect(cls.stream, timeout=60)
        cls.steady = [Steady("steady.datagrams", datagrams.send), Steady("steady.tcp", lines.sendall),
                      Steady("steady.stream", stream.sendall)]
        cls.tap = Tap(cls.agent)
        cls.peaks = Peaks(cls.cluster.processes)

    def counted(self, name, **labels):
        return self.agent.metric(name, **labels)

    def expect(self, name, increase, action, at_least=False, **labels):
        """`action` raises the counter by `increase`, soon."""
        before = self.counted(name, **labels)
        action()
        def reached():
            by = self.counted(name, **labels) - before
            self.assertTrue(at_least or by <= increase, f"{name} {labels} rose by {by}, not {increase}")
            return by >= increase
        self.cluster.wait_for(reached, 30, f"{name} {labels} to rise by {increase}")

    def expect_tapped(self, reason, text=""):
        self.cluster.wait_for(lambda: any(text in line for line in self.tap.lines.get(reason, [])), 20,
                              f"a tapped line with {text!r}, refused as {reason}")

    def test_1_lines_that_are_none(self):
        for line, reason in BAD_LINES.items():
            with self.subTest(line=line[:40]):
                self.expect("tributary_local_lines_rejected_total", 1, lambda: self.agent.send_unix(line), reason=reason)
                self.expect_tapped(reason, line[:40].decode())

    def test_2_noise(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        noise = random.Random(seed)
        packets = [noise.randbytes(noise.randrange(1, 4000)) for _ in range(300)]
        before = self.counted("tributary_local_lines_total")
        self.agent.send_unix(*packets)
        for packet in packets:
            self.agent.send_udp(packet)
        for address in (self.tcp, self.stream):
            for packet in packets[:50]:
                with connect(address) as s:
                    try_send(s, packet)
        lines = sum(len([line for line in packet.split(b"\n") if line not in (b"", b"\r")]) for packet in packets)
        self.cluster.wait_for(lambda: self.counted("tributary_local_lines_total") - before >= lines, 30, "noise read")
        self.expect_tapped("no_value", "\\x")

    def test_3_what_is_too_long(self):
        line = b"long.line:1|c|#" + b"t" * (10 * MIB)
        tags = b"many.tags:1|c|#" + b",".join(b"t%d:v" % i for i in range(100_000))
        rejected, refused = "tributary_local_lines_rejected_total", "tributary_local_connections_refused_total"
        def over_tcp(data):
            with connect(self.tcp) as s:
                s.sendall(data + b"\nlong.after:1|c\n")
        def over_stream(data):
            with connect(self.stream) as s:
                try_send(s, struct.pack("<I", len(data)) + data)
        for data in (line, tags):
            self.expect(rejected, 1, lambda: over_tcp(data), reason="line_too_long")
            self.expect(refused, 1, lambda: over_stream(data), reason="bad_length")
        self.expect_tapped("line_too_long", "long.line")
        self.expect_tapped("line_too_long", "many.tags")
        self.expect_tapped("bad_length", "long.line")
        datagram = b"before.cut:1|c\ncut:1|c|#" + b"t" * 100_000
        self.expect("tributary_local_datagrams_truncated_total", 1, lambda: self.agent.send_unix(datagram))
        self.expect_tapped("truncated", "cut:1|c")
        many = b"folded:1|c|#" + b",".join(b"%x" % i for i in range(12_000))  # fits a datagram
        self.expect("tributary_local_samples_folded_total", 1, lambda: self.agent.send_unix(many), reason="tag_limit")
        self.cluster.wait_for(lambda: self.cluster.total("long.after") == 2, 20, "the lines after the long ones")
        self.cluster.wait_for(lambda: self.cluster.total("before.cut") == 1, 20, "the line before the cut")

    def test_4_ten_thousand_connections(self):
        for address, listener in ((self.tcp, f"tcp://127.0.0.1:{self.tcp[1]}"), (self.stream, f"unixstream://{self.stream}")):
            with self.subTest(listener):
                self.ten_thousand_connections(address, listener)
        assert_memory_within_bounds(self, self.peaks)

    def ten_thousand_connections(self, address, listener):
        refused = "tributary_local_connections_refused_total"
        def by_reason():
            return {r: self.counted(refused, reason=r, listener=listener) for r in ("limit", "evicted", "slow", "idle")}
        def is_open():
            return self.counted("tributary_local_connections", listener=listener)
        before, open_before = sum(by_reason().values()), is_open()
        held = hold(address, (b"", b"slow.line"))  # half of them say nothing at all
        try:
            # Each is open or was refused, for one of these reasons.
            self.cluster.wait_for(lambda: sum(by_reason().values()) - before + is_open() - open_before == CONNECTIONS, 60,
                                  lambda_text(lambda: f"{CONNECTIONS} refused or open: {by_reason()}, {is_open()}"))
            self.assertLessEqual(is_open(), MAX_CONNECTIONS)
            self.cluster.wait_for(lambda: by_reason()["slow"] > 0, 30, "slow ones to be closed")
            self.expect_tapped("slow", "slow.line")
            held += [connect(address) for _ in range(MAX_CONNECTIONS)]  # silent ones make room for others
            self.cluster.wait_for(lambda: by_reason()["evicted"] > 0, 30, "silent ones to make room")
            self.cluster.wait_for(lambda: is_served(address), 30, "a newcomer to be served")
            print(f"{listener}: {by_reason()}, {self.agent.resident_bytes() >> 20} MiB")
        finally:
            close_all(held)

    def test_5_http_garbage_and_slow_requests(self):
        for process in self.cluster.processes:
            with self.subTest(process.name):
                slow = hold(("127.0.0.1", process.http_port), (b"GET /metrics HTTP/1.1\r\nX-Slow: ", b""))
                try:
                    for _ in range(5):
                        self.assertEqual(http_get(process.url + "/healthz", timeout=5)[0], 200)
                finally:
                    close_all(slow)
                for garbage in (b"\x16\x03\x01\x02\x00" + os.urandom(500), b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 10_000,
                                b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                                b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"):
                    with connect(("127.0.0.1", process.http_port)) as s:
                        try_send(s, garbage)
                self.assertEqual(http_get(process.url + "/healthz", timeout=5)[0], 200)
                self.assertGreater(process.metric("tributary_http_connections_evicted_total"), 0)
                self.cluster.wait_for(lambda: process.metric("tributary_http_requests_refused_total") >= 2, 10, "400s")
        assert_memory_within_bounds(self, self.peaks)

    def test_6_ten_million_series(self):
        folded = self.counted("tributary_local_samples_folded_total")
        sender = subprocess.Popen([SENDER, f"unix:{self.agent.socket_path}", "flood", str(UNIQUE_SERIES), "0",
                                   str(UNIQUE_SERIES)], stdout=subprocess.PIPE, text=True)
        try:
            sent, took = map(float, sender.communicate(timeout=120)[0].split())
        finally:
            sender.kill()
            sender.wait(timeout=10)
        self.assertEqual(sent, UNIQUE_SERIES)
        folded = self.counted("tributary_local_samples_folded_total") - folded
        print(f"{UNIQUE_SERIES} series in {took:.0f} s: {folded:.0f} folded")
        self.assertLessEqual(took, 60)
        self.assertGreater(folded, UNIQUE_SERIES // 2)
        self.cluster.wait_for(lambda: self.cluster.total("flood") == UNIQUE_SERIES, 90, "totals of the flood, intact")
        assert_memory_within_bounds(self, self.peaks)

    def test_7_everybody_else_was_undisturbed(self):
        sent = {client.name: client.finish() for client in self.steady}
        self.tap.over.set()
        self.peaks.over.set()
        for client in self.steady:
            self.assertIsNone(client.failure, client.name)
            self.assertGreater(client.sent, 100)
        for name, count in sent.items():
            self.cluster.wait_for(lambda: self.cluster.total(name) == count, 60, f"{name}: {count} committed")
        self.cluster.assert_books_balance(self)
        for process in self.cluster.processes:
            self.assertIsNone(process.child.poll(), process.name)
        print(f"undisturbed: {sent}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
