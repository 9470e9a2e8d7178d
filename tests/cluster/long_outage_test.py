"""Both globals are killed for longer than 90 intervals, under load: agents spill to disk, their memory stays bounded, and
what they kept arrives once, none of it too old (`merge.horizon`).

    agent-0, agent-1 -> proxy -> global-0, global-1 (killed for 100 s)        interval 1 s
"""
import time
import unittest

from cluster import Cluster

SERIES = 400
OUTAGE_SECONDS = 100
MEMORY_BYTES = 4 << 20
MAX_GROWTH_BYTES = 48 << 20


class LongOutageTest(unittest.TestCase):
    def test_the_backlog_of_a_long_outage_arrives_once_and_memory_stays_bounded(self):
        cluster = Cluster(agents=2, globals_=2)
        for agent in cluster.agents:
            text = agent.config.read_text().replace("forward:\n", f"forward:\n  memory_bytes: {MEMORY_BYTES}\n")
            agent.config.write_text(text)
        with cluster:
            self.sent = 0
            self.send_for(cluster, 3)
            cluster.wait_for(lambda: cluster.total("outage.hits") > 0, 60, "the first rows")
            before = {agent.name: agent.resident_bytes() for agent in cluster.agents}
            for owner in cluster.globals:
                owner.kill()
            self.send_for(cluster, OUTAGE_SECONDS)
            for agent in cluster.agents:
                self.assertGreater(agent.metric("tributary_local_samples_spooled"), 0, agent.name)
                self.assertLess(agent.metric("tributary_local_pending_bytes"), 2 * MEMORY_BYTES, agent.name)
                self.assertLess(agent.resident_bytes() - before[agent.name], MAX_GROWTH_BYTES, agent.name)
            for owner in cluster.globals:
                owner.start()
            self.send_for(cluster, 3)
            cluster.wait_for(lambda: cluster.total("outage.hits") >= self.sent, 120, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("outage.hits"), self.sent)
            for agent in cluster.agents:
                self.assertEqual(agent.metric("tributary_local_units_dropped_total"), 0, agent.name)

    def send_for(self, cluster, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for agent in cluster.agents:
                agent.send_unix(*[b"outage.hits:1|c|#series:%d" % n for n in range(SERIES)])
                self.sent += SERIES
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
