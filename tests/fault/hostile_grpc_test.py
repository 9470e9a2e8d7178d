"""What no client should send, on the gRPC ports of a proxy and a global: it is bounded, counted where gRPC tells, and
undisturbing.

    a steady client -> agent-0 -> proxy -> global-0        interval 1 s
    hostile ones -----------------^----------^

What the steady client sends all the while must be committed to the last sample.
"""
import os
import re
import resource
import socket
import struct
import unittest

from cluster import Cluster, http_get, lambda_text
from hostile_clients import (CONNECTIONS, DESCRIPTORS, MAX_CONNECTIONS, MIB, Peaks, Steady, allow_descriptors,
                             assert_memory_within_bounds, close_all, connect, hold, try_send)

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def frame(kind, stream, payload, flags=0, length=None):
    """RFC 9113 section 4.1; `length` may lie."""
    return struct.pack(">I", len(payload) if length is None else length)[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def deliver(message):
    """A call of DeliveryService.Deliver with `message` for its first, as HTTP/2 frames; HPACK literals, RFC 7541."""
    def literal(index, value):
        return bytes([index, len(value)]) + value
    path = b"/tributary.v1.DeliveryService/Deliver"
    headers = b"\x83\x86" + literal(0x04, path) + literal(0x01, b"hostile") + b"\x00\x02te" + \
        b"\x08trailers" + b"\x0f\x10\x10application/grpc"
    data = b"".join(frame(0, 1, message[i:i + 16_000]) for i in range(0, len(message), 16_000))
    return HTTP2_PREFACE + frame(1, 1, headers, flags=4) + data


def grpc_ports(cluster):
    for process in (cluster.proxy, cluster.globals[0]):
        yield process, int(re.search(r"(?s)grpc:.*?listen: 127.0.0.1:(\d+)", process.config.read_text())[1])


def is_greeted(port):
    """Whether gRPC answers a new connection with its settings."""
    with connect(("127.0.0.1", port)) as s:
        try_send(s, HTTP2_PREFACE)
        try:
            return s.recv(9)[3:4] == b"\x04"
        except OSError:
            return False


class HostileGrpcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        allow_descriptors(DESCRIPTORS)
        cls.cluster = Cluster(agents=1, globals_=1)
        for process, _ in grpc_ports(cls.cluster):
            config = process.config.read_text()
            process.config.write_text(config.replace("grpc:\n", f"grpc:\n  max_connections: {MAX_CONNECTIONS}\n"))
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.connect(str(cls.cluster.agents[0].socket_path))
        cls.addClassCleanup(datagrams.close)
        cls.steady = Steady("steady.datagrams", datagrams.send)
        cls.peaks = Peaks(cls.cluster.processes)

    def test_1_garbage_and_oversized_frames(self):
        for process, port in grpc_ports(self.cluster):
            with self.subTest(process.name):
                refused = {reason: process.metric("tributary_rpc_refused_total", reason=reason)
                           for reason in ("undecodable", "unread")}
                held = []
                try:
                    for garbage in (os.urandom(100_000), b"GET / HTTP/1.1\r\n\r\n", HTTP2_PREFACE + os.urandom(50_000),
                                    HTTP2_PREFACE + frame(0, 1, b"", length=(1 << 24) - 1) + b"x" * MIB,
                                    deliver(struct.pack(">BI", 0, 512 * MIB) + b"x" * 16_000),
                                    deliver(struct.pack(">BI", 0, 5000) + os.urandom(5000)),
                                    deliver(struct.pack(">BI", 1, 10) + b"0123456789")):
                        for _ in range(10):
                            s = connect(("127.0.0.1", port))
                            try_send(s, garbage)
                            held.append(s)
                    self.assertEqual(http_get(process.url + "/healthz", timeout=5)[0], 200)
                    self.assertEqual(process.child.poll(), None)
                    # What gRPC shows us of this, to the last one: streams of the service.
                    rose = lambda reason: process.metric("tributary_rpc_refused_total", reason=reason) - refused[reason]
                    self.cluster.wait_for(lambda: rose("undecodable") == 20, 60,
                                          lambda_text(lambda: f"20 undecodable, not {rose('undecodable')}"))
                    self.assertEqual(rose("unread"), 0)
                finally:
                    close_all(held)
                # Of 512 MiB that were announced gRPC waits for more, until the client has gone.
                self.cluster.wait_for(lambda: rose("unread") == 10, 60, lambda_text(lambda: f"10 unread, not {rose('unread')}"))
                self.assertEqual(rose("undecodable"), 20)
        assert_memory_within_bounds(self, self.peaks)

    def test_2_ten_thousand_connections(self):
        for process, port in grpc_ports(self.cluster):
            with self.subTest(process.name):
                def refused():
                    return sum(process.metric("tributary_rpc_refused_total", reason=r) for r in ("connections", "evicted"))
                def is_open():
                    return process.metric("tributary_rpc_connections")
                before, open_before = refused(), is_open()
                self.assertGreater(open_before, 0)  # an agent's or a proxy's
                # Half-open, and those that have greeted and say no more.
                held = hold(("127.0.0.1", port), (b"", HTTP2_PREFACE[:10], HTTP2_PREFACE))
                try:
                    # Those that do not greet are ended by gRPC after 10 s.
                    self.cluster.wait_for(lambda: refused() - before + MAX_CONNECTIONS - open_before >= CONNECTIONS, 60,
                                          lambda_text(lambda: f"all but {MAX_CONNECTIONS} refused, not {refused() - before}"))
                    self.assertLessEqual(is_open(), MAX_CONNECTIONS)
                    self.assertEqual(http_get(process.url + "/healthz", timeout=5)[0], 200)
                    self.cluster.wait_for(lambda: is_greeted(port), 60, "a newcomer to be greeted")
                    print(f"{process.name}: {refused() - before} refused, {is_open()} open, {process.resident_bytes() >> 20} MiB")
                finally:
                    close_all(held)
                self.cluster.wait_for(lambda: is_open() == open_before, 60,
                                      lambda_text(lambda: f"{open_before} open as before, not {is_open()}"))
        assert_memory_within_bounds(self, self.peaks)

    def test_3_no_descriptors(self):
        for process, port in grpc_ports(self.cluster):
            with self.subTest(process.name):
                pid, log = process.child.pid, self.cluster.dir / f"{process.name}.log"
                limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                files = len(os.listdir(f"/proc/{pid}/fd"))
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (files + 50, limits[1]))
                held = [connect(("127.0.0.1", port)) for _ in range(200)]
                try:
                    self.cluster.wait_for(lambda: "cannot accept a connection" in log.read_text(), 20, "a word in the log")
                finally:
                    close_all(held)
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
                self.cluster.wait_for(lambda: is_greeted(port), 30, "newcomers to be greeted again")

    def test_4_everybody_else_was_undisturbed(self):
        sent = self.steady.finish()
        self.peaks.over.set()
        self.assertIsNone(self.steady.failure)
        self.assertGreater(sent, 100)
        self.cluster.wait_for(lambda: self.cluster.total("steady.datagrams") == sent, 60, f"{sent} committed")
        self.cluster.assert_books_balance(self)
        for process in self.cluster.processes:
            self.assertIsNone(process.child.poll(), process.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
