"""One of three globals is stopped (SIGSTOP): the others' series keep their rate, memory stays bounded, and everything
arrives once after SIGCONT.

    agent-0, agent-1 -> proxy -> global-0, global-1 (frozen for 15 s), global-2        interval 1 s
"""
import collections
import signal
import time
import unittest

from cluster import Cluster

SERIES = 200
FROZEN_SECONDS = 15
MAX_GROWTH_BYTES = 64 << 20


class FrozenGlobalTest(unittest.TestCase):
    def test_the_other_globals_series_keep_their_rate_and_everything_arrives_once(self):
        with Cluster(agents=2, globals_=3) as cluster:
            turns = []  # when each was sent: one hit of each series by each agent

            def send_for(seconds):
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    turns.append(time.time())
                    for agent in cluster.agents:
                        agent.send_unix(*[b"frozen.hits:1|c|#series:%d" % n for n in range(SERIES)])
                    time.sleep(0.1)

            send_for(4)
            before = {p.name: p.resident_bytes() for p in [cluster.proxy, *cluster.agents]}
            frozen_at = time.time()
            cluster.globals[1].signal(signal.SIGSTOP)
            send_for(FROZEN_SECONDS)
            self.assert_rate_kept(cluster, turns, frozen_at)
            for process in [cluster.proxy, *cluster.agents]:
                self.assertLess(process.resident_bytes() - before[process.name], MAX_GROWTH_BYTES, process.name)

            cluster.globals[1].signal(signal.SIGCONT)
            send_for(3)
            sent = len(turns) * len(cluster.agents) * SERIES
            cluster.wait_for(lambda: cluster.total("frozen.hits") >= sent, 60, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("frozen.hits"), sent)
            self.assertEqual([row for row in cluster.rows() if row["partial"]], [])

    def assert_rate_kept(self, cluster, turns, frozen_at):
        """What is out, while a third is frozen, of the intervals well inside the freeze: two thirds of the series, each
        with all that was sent of it then, but for 5 %."""
        hits = collections.defaultdict(collections.Counter)  # series -> interval -> hits
        for row in cluster.rows_of("frozen.hits"):
            hits[row["tags"]["series"]][row["interval"]] += row["value"]
        first = int(frozen_at / cluster.interval_s) + 2
        last = max(interval for of_series in hits.values() for interval in of_series) - 1
        self.assertGreater(last - first, FROZEN_SECONDS / cluster.interval_s / 2, "hardly anything came out under the freeze")
        sent = len(cluster.agents) * sum(first <= at / cluster.interval_s < last + 1 for at in turns)
        kept = [series for series, of_series in hits.items()
                if sum(of_series[interval] for interval in range(first, last + 1)) >= 0.95 * sent]
        flowing = [series for series, of_series in hits.items() if any(interval >= first for interval in of_series)]
        self.assertEqual(sorted(kept), sorted(flowing))
        self.assertGreater(len(kept), SERIES / 3)
        self.assertLess(len(kept), SERIES, "none was frozen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
