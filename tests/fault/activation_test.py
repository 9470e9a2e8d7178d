"""An agent on sockets that somebody else holds: it restarts under load, and no datagram is lost.

    packed_sender, 100,000 lines/s in datagrams of 1,400 bytes -> UDP socket of this test -> agent-0, again and again
    agent-0 -> proxy -> global-0        interval 1 s

systemd keeps the sockets of a socket unit while its service restarts. systemd-socket-activate does not: it opens them,
waits for the first datagram and then becomes the program, with which they end. So it shows here that the protocol is
systemd's own, and the restarts have this test as the holder of the socket, which passes it to one agent after the other
as systemd would (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES).

The restarts are SIGTERM, as of `systemctl restart`. A kill -9 loses what an agent has read and not delivered, whoever
holds the socket.
"""
import os
import shutil
import socket
import subprocess
import time
import unittest

from cluster import BIN, Cluster, free_port
from leave_out import leave_out

SENDER = BIN.parent / "tests" / "support" / "packed_sender"
LINES_PER_SECOND = 100_000
SECONDS = 12
RESTARTS = 2
BUFFER_BYTES = 64 << 20
SO_RCVBUFFORCE = 33


def start_agent(agent, prefix=(), **options):
    agent.child = subprocess.Popen([*prefix, BIN / "tributary-local", "--config", agent.config], stdout=agent.log,
                                   stderr=agent.log, restore_signals=False, **options)
    return agent


def start_with_socket(agent, held):
    """As systemd does: the socket is descriptor 3, and the process that gets it is named by its own id."""
    shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=statsd exec "$0" "$@"']
    return start_agent(agent, shell, preexec_fn=lambda: os.dup2(held.fileno(), 3), pass_fds=(3,))


def udp_socket(port, buffer_bytes):
    """Bound, with room for `buffer_bytes` of what waits; None where the machine does not grant that."""
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            held.setsockopt(socket.SOL_SOCKET, option, buffer_bytes)
            break
        except PermissionError:
            continue
    if held.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < buffer_bytes:
        held.close()
        return None
    held.bind(("127.0.0.1", port))
    return held


class ActivationTest(unittest.TestCase):
    def test_a_restart_under_load_loses_no_line(self):
        cluster = Cluster(agents=1, globals_=1)
        agent = cluster.agents[0]
        held = udp_socket(agent.udp_port, BUFFER_BYTES)
        if held is None:
            cluster.__exit__(None, None, None)
            leave_out("no CAP_NET_ADMIN and a small net.core.rmem_max: no room for what waits during a restart")
        agent.start = lambda: start_with_socket(agent, held)
        with held, cluster:
            lines = LINES_PER_SECOND * SECONDS
            sender = subprocess.Popen([SENDER, f"udp:127.0.0.1:{agent.udp_port}", "restart.hits", str(lines),
                                       str(LINES_PER_SECOND), "1000"], stdout=subprocess.PIPE, text=True)
            try:
                gaps = []
                for _ in range(RESTARTS):
                    time.sleep(SECONDS / (RESTARTS + 2))  # some of the load for each life
                    begin = time.monotonic()
                    self.assertEqual(agent.stop(), 0)
                    agent.start()
                    cluster.wait_for(lambda: cluster.is_ready(agent), 30, "the next agent")
                    gaps.append(time.monotonic() - begin)
                sent, took = map(float, sender.communicate(timeout=60)[0].split())
            finally:
                sender.kill()
                sender.wait(timeout=10)
            self.assertEqual(sent, lines)
            self.assertLessEqual(took, 1.1 * SECONDS, "the sender did not keep 100,000 lines/s")
            try:
                cluster.wait_for(lambda: cluster.total("restart.hits") == sent, 30, "every line committed")
            finally:
                print(f"sent {sent:.0f} in {took:.1f} s, committed {cluster.total('restart.hits'):.0f}, restarts took "
                      f"{', '.join(f'{gap:.1f} s' for gap in gaps)}, lost in the kernel "
                      f"{agent.metric('tributary_local_kernel_drops_total'):.0f}")
            self.assertEqual(agent.metric("tributary_local_kernel_drops_total"), 0)

    def test_systemd_opens_the_socket_and_the_first_datagram_starts_the_agent(self):
        if not shutil.which("systemd-socket-activate"):
            leave_out("no systemd here")
        cluster = Cluster(agents=1, globals_=1)
        agent = cluster.agents[0]
        agent.start = lambda: None
        cluster.agents.clear()  # not waited for: it starts when there is something to read
        with cluster:
            start_agent(agent, ["systemd-socket-activate", "--datagram", f"--listen=127.0.0.1:{agent.udp_port}"])
            cluster.agents.append(agent)
            cluster.wait_for(lambda: is_bound(agent.udp_port), 20, "the socket")
            for _ in range(100):
                agent.send_udp(b"activated.hits:1|c\nactivated.hits:1|c")
            cluster.wait_for(lambda: cluster.is_ready(agent), 30, "the agent")
            cluster.wait_for(lambda: cluster.total("activated.hits") == 200, 30, "every line committed")

    def test_a_socket_that_is_not_configured_is_an_error(self):
        cluster = Cluster(agents=1, globals_=1)
        agent = cluster.agents[0]
        port = free_port()
        with udp_socket(port, 4096) as held:
            try:
                start_with_socket(agent, held)
                self.assertEqual(agent.child.wait(timeout=20), 1)
                log = (cluster.dir / "agent-0.log").read_text()
                self.assertIn(f'descriptor 3 "statsd" (udp://127.0.0.1:{port})', log)
                self.assertIn("ingest.listen", log)
            finally:
                cluster.__exit__(None, None, None)


def is_bound(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


if __name__ == "__main__":
    unittest.main(verbosity=2)
