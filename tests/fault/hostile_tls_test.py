"""A listener of lines over TLS: 10,000 connections that never shake hands, each of which is refused, and hostile lines behind a
handshake; clients that mean well are undisturbed. A cluster of its own, for certificates are a program's, not a listener's.
"""
import os
import ssl
import unittest

from cluster import lambda_text
from hostile_clients import (CONNECTIONS, DESCRIPTORS, MAX_CONNECTIONS, Peaks, Steady, allow_descriptors,
                             assert_memory_within_bounds, close_all, connect, hold)
from tls_cluster import TlsCluster


def client_context(cluster):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cluster.certs / "ca.crt")
    context.load_cert_chain(cluster.certs / "app.crt", cluster.certs / "app.key")
    return context


class HostileTlsTest(unittest.TestCase):
    def test_hostile_lines_behind_a_handshake(self):
        cluster = TlsCluster(agents=1, globals_=1)
        agent = cluster.agents[0]
        port = cluster.listen_over_tls(agent, "")
        with cluster:
            def send(data):
                with client_context(cluster).wrap_socket(connect(("127.0.0.1", port), timeout=60),
                                                         server_hostname="127.0.0.1") as stream:
                    stream.sendall(data)

            def rejected(reason):
                return agent.metric("tributary_local_lines_rejected_total", reason=reason)
            send(b"a.ok:1|c\nv:1|c|@nan\nv:1|c|@0\nv:1|c|@-1\nv:1e999|c\nb.ok:1|c\n")
            cluster.wait_for(lambda: (rejected("bad_rate"), rejected("bad_value")) == (3, 1), 20, "four lines refused")
            tags = ",".join(f"k{n}:v" for n in range(100_000))
            send(b"c.ok:1|c\n" + b"x" * (10 << 20) + f"\nt:1|c|#{tags}\nd.ok:1|c\n".encode())
            cluster.wait_for(lambda: rejected("line_too_long") == 2, 20, "two lines too long")
            send(os.urandom(1 << 20) + b"\ne.ok:1|c\n")
            for name in ("a.ok", "b.ok", "c.ok", "d.ok", "e.ok"):
                cluster.wait_for(lambda name=name: cluster.total(name) == 1, 30, f"{name} committed")
            self.assertEqual(cluster.total("v") + cluster.total("t"), 0)
            cluster.assert_books_balance(self)

    def test_ten_thousand_connections_that_never_shake_hands(self):
        allow_descriptors(DESCRIPTORS)
        cluster = TlsCluster(agents=1, globals_=1)
        agent = cluster.agents[0]
        port = cluster.listen_over_tls(agent, f"  max_connections: {MAX_CONNECTIONS}\n  line_timeout: 2s\n")
        with cluster:
            steady_stream = client_context(cluster).wrap_socket(connect(("127.0.0.1", port), timeout=60), server_hostname="127.0.0.1")
            self.addCleanup(steady_stream.close)
            steady = Steady("steady.tls", steady_stream.sendall)
            peaks = Peaks(cluster.processes)
            def refused(**labels):
                return agent.metric("tributary_local_connections_refused_total", **labels)
            # Nothing; half a greeting; no TLS at all; lines in the clear.
            held = hold(("127.0.0.1", port), (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01", os.urandom(200), b"clear.line:1|c\n"))
            try:
                # Every one of them was refused when no handshake may take longer, and none but them.
                cluster.wait_for(lambda: refused() >= CONNECTIONS, 60, lambda_text(lambda: f"{CONNECTIONS} refused: {refused()}"))
                self.assertEqual(refused(), CONNECTIONS)
                cluster.wait_for(lambda: agent.metric("tributary_local_connections", listener=f"tls://127.0.0.1:{port}") == 1, 10,
                                 "none but the steady one open")
                by_reason = {r: refused(reason=r) for r in ("handshake", "limit", "evicted")}
                print(f"tls: {by_reason}")
                self.assertEqual(sum(by_reason.values()), CONNECTIONS)
                self.assertGreater(by_reason["handshake"], MAX_CONNECTIONS // 2)
            finally:
                close_all(held)
            sent = steady.finish()
            self.assertIsNone(steady.failure)
            self.assertGreater(sent, 100)
            cluster.wait_for(lambda: cluster.total("steady.tls") == sent, 60, f"{sent} committed")
            self.assertEqual(cluster.total("clear.line"), 0)
            cluster.assert_books_balance(self)
            peaks.over.set()
            assert_memory_within_bounds(self, peaks)


if __name__ == "__main__":
    unittest.main(verbosity=2)
