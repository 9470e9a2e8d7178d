"""What an agent keeps on disk: killed, stopped or cut off for long, it delivers what it took, once.

    agent-0 -> proxy -> global-0, global-1        interval 1 s
"""
import pathlib
import random
import subprocess
import tempfile
import time
import unittest

from cluster import Cluster

SERIES = 40


class SpoolTest(unittest.TestCase):
    def cluster(self, mode="overflow", forward="", spool=""):
        cluster = Cluster(agents=1)
        agent = cluster.agents[0]
        text = agent.config.read_text().replace("forward:\n", f"forward:\n{forward}")
        agent.config.write_text(text + f"\nspool:\n  mode: {mode}\n{spool}")
        return cluster

    def send(self, cluster, turns=1):
        """Takes no longer than the agent takes to read it."""
        for _ in range(turns):
            cluster.agents[0].send_unix(*[b"spool.hits:1|c|#series:%d" % n for n in range(SERIES)])
        return turns * SERIES

    def samples(self, agent, what):
        return agent.metric(f"tributary_local_samples_{what}")

    def takes_over(self, agent):
        try:
            return self.samples(agent, "inherited_total") > 0
        except OSError:  # it does not listen yet
            return False

    def wait_delivered(self, cluster, sent):
        cluster.wait_for(lambda: cluster.total("spool.hits") >= sent, 60, "every hit in the sinks")
        cluster.wait_for(lambda: self.samples(cluster.agents[0], "pending") == 0, 60, "nothing pending")
        self.assertEqual(cluster.total("spool.hits"), sent)

    def wait_closed(self, cluster, sent):
        """Everything sent is in units, and so on disk if it is to be."""
        agent = cluster.agents[0]
        cluster.wait_for(lambda: self.samples(agent, "accepted_total") >= sent and self.samples(agent, "open") == 0, 30, "intervals closed")

    def test_a_killed_agent_loses_no_closed_interval_and_doubles_none(self):
        with self.cluster("always") as cluster:
            agent = cluster.agents[0]
            sent = self.send(cluster, 5)
            self.wait_delivered(cluster, sent)
            cluster.proxy.kill()
            sent += self.send(cluster, 5)
            self.wait_closed(cluster, sent)
            agent.kill()
            agent.start()
            cluster.wait_for(lambda: self.takes_over(agent), 30, "successor")
            cluster.proxy.start()
            self.wait_delivered(cluster, sent)
            self.assertEqual(self.samples(agent, "inherited_total"), 5 * SERIES)
            sent += self.send(cluster, 5)
            self.wait_delivered(cluster, sent)

    def test_an_agent_stopped_while_the_proxy_is_down_loses_nothing(self):
        with self.cluster() as cluster:
            agent = cluster.agents[0]
            agent.config.write_text(agent.config.read_text() + "\nshutdown_grace: 1s\n")
            agent.stop()
            agent.start()
            cluster.wait_for(lambda: cluster.is_ready(agent), 30, "agent ready")
            cluster.proxy.kill()
            sent = self.send(cluster, 5)
            cluster.wait_for(lambda: self.samples(agent, "accepted_total") == sent, 30, "samples read")
            self.assertEqual(agent.stop(), 0)
            agent.start()
            cluster.proxy.start()
            self.wait_delivered(cluster, sent)
            self.assertEqual(agent.metric("tributary_local_samples_dropped_total"), 0)

    def test_a_second_agent_on_the_folder_is_refused(self):
        with self.cluster() as cluster:
            agent = cluster.agents[0]
            second = subprocess.run([pathlib.Path(agent.child.args[0]), "--config", agent.config], capture_output=True, text=True, timeout=30)
            self.assertNotEqual(second.returncode, 0)
            self.assertIn("another agent uses", second.stdout + second.stderr)

    def test_a_long_outage_is_delivered_from_disk_while_live_data_is_fresh(self):
        """Units of random names do not compress: 4 MiB of memory are full after some intervals."""
        with self.cluster(forward="  memory_bytes: 4MiB\n") as cluster:
            agent = cluster.agents[0]
            cluster.proxy.kill()
            sent = 0
            deadline = time.monotonic() + 40
            while agent.metric("tributary_local_spooled_bytes") < 3 << 20 and time.monotonic() < deadline:
                lines = [b"spool.hits:1|c|#series:%d" % n for n in range(SERIES)]
                for _ in range(40):
                    agent.send_unix(b"\n".join(b"spool.fill.%s:1|c" % random.randbytes(40).hex().encode() for _ in range(50)))
                agent.send_unix(*lines)
                sent += SERIES
                time.sleep(0.1)
            self.assertGreaterEqual(agent.metric("tributary_local_spooled_bytes"), 3 << 20)
            self.assertLessEqual(agent.metric("tributary_local_pending_bytes"), 4 << 20)
            cluster.proxy.start()
            self.wait_delivered(cluster, sent)
            self.assertEqual(agent.metric("tributary_local_samples_dropped_total"), 0)
            cluster.assert_books_balance(self)

    def test_what_is_damaged_is_counted_exactly_and_the_rest_arrives_once(self):
        with self.cluster("always") as cluster:
            agent = cluster.agents[0]
            self.wait_delivered(cluster, sent := self.send(cluster))
            cluster.proxy.kill()
            for _ in range(4):
                sent += self.send(cluster)
                self.wait_closed(cluster, sent)
            agent.kill()
            self.damage_one_group(cluster.dir / agent.name / "spool")
            agent.start()
            cluster.wait_for(lambda: self.takes_over(agent), 30, "successor")
            lost = agent.metric("tributary_local_samples_dropped_total", reason="spool_lost")
            self.assertGreater(agent.metric("tributary_local_spool_records_damaged_total"), 0)
            self.assertGreater(lost, 0)
            self.assertLess(lost, sent)
            cluster.proxy.start()
            self.wait_delivered(cluster, sent - lost)
            self.assertEqual(agent.metric("tributary_local_samples_dropped_total"), lost)

    def damage_one_group(self, folder):
        """Flips a bit of the last record of pending units (docs/wire.md, Spool: segment files)."""
        path = sorted(folder.glob("*.segment"))[-1]
        data = bytearray(path.read_bytes())
        at, pending = len(b"TRIBSEG1"), None
        while at + 13 <= len(data) and data[at:at + 4] == b"TRec":
            size = int.from_bytes(data[at + 4:at + 8], "little")
            if data[at + 12] == 1:
                pending = at + 12 + size // 2
            at += 12 + size
        self.assertIsNotNone(pending, "no pending units on disk")
        data[pending] ^= 1
        path.write_bytes(data)

    def test_a_full_disk_keeps_the_newest_in_memory(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tributary-spool-"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True).returncode == 0
        self.addCleanup(folder.rmdir)
        if not mounted:
            self.skipTest("cannot mount a tmpfs")
        self.addCleanup(lambda: subprocess.run(["umount", folder], check=True))
        (folder / "ballast").write_bytes(bytes(15 << 20))
        with self.cluster("always") as cluster:
            agent = cluster.agents[0]
            agent.stop()
            agent.config.write_text(agent.config.read_text().replace(f"data_dir: {cluster.dir / agent.name}", f"data_dir: {folder}"))
            agent.start()
            cluster.wait_for(lambda: cluster.is_ready(agent), 30, "agent ready")
            cluster.proxy.kill()
            (folder / "more").open("wb").write(bytes(900 << 10))
            sent = 0
            deadline = time.monotonic() + 40
            while agent.metric("tributary_local_spool_writes_failed_total") == 0 and time.monotonic() < deadline:
                for _ in range(40):
                    agent.send_unix(b"\n".join(b"spool.fill.%s:1|c" % random.randbytes(40).hex().encode() for _ in range(50)))
                sent += self.send(cluster)
                time.sleep(0.1)
            self.assertGreater(agent.metric("tributary_local_spool_writes_failed_total"), 0)
            cluster.proxy.start()
            self.wait_delivered(cluster, sent)
            cluster.assert_books_balance(self)
            agent.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
