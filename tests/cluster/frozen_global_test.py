"""One of two globals is stopped (SIGSTOP): the other's series keep flowing, memory stays bounded, and everything
arrives once after SIGCONT.

    agent-0, agent-1 -> proxy -> global-0, global-1 (frozen for 15 s)        interval 1 s
"""
import signal
import time
import unittest

from cluster import Cluster

SERIES = 200
FROZEN_SECONDS = 15
MAX_GROWTH_BYTES = 64 << 20


class FrozenGlobalTest(unittest.TestCase):
    def test_the_other_globals_series_keep_flowing_and_everything_arrives_once(self):
        with Cluster(agents=2) as cluster:
            sent = 0

            def send_for(seconds):
                nonlocal sent
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    for agent in cluster.agents:
                        agent.send_unix(*[b"frozen.hits:1|c|#series:%d" % n for n in range(SERIES)])
                    sent += 2 * SERIES
                    time.sleep(0.1)

            send_for(3)
            before = {p.name: p.resident_bytes() for p in [cluster.proxy, *cluster.agents]}
            cluster.globals[1].signal(signal.SIGSTOP)
            frozen_at = time.time()
            send_for(FROZEN_SECONDS)

            # Series of global-0 of intervals well inside the freeze are out already.
            newest = max(row["interval"] for row in cluster.rows_of("frozen.hits"))
            self.assertGreater(newest * cluster.interval_s, frozen_at + FROZEN_SECONDS / 2)
            for process in [cluster.proxy, *cluster.agents]:
                self.assertLess(process.resident_bytes() - before[process.name], MAX_GROWTH_BYTES, process.name)

            cluster.globals[1].signal(signal.SIGCONT)
            send_for(3)
            cluster.wait_for(lambda: cluster.total("frozen.hits") >= sent, 60, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("frozen.hits"), sent)
            self.assertEqual([row for row in cluster.rows() if row["partial"]], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
