"""SIGKILL and restart of globals and proxy under traffic: nothing committed is lost, nothing is doubled.

    agent-0, agent-1 -> proxy -> global-0, global-1        interval 1 s
"""
import threading
import time
import unittest

from cluster import Cluster

SERIES = 40


class Traffic:
    """Counters and timers over unix sockets, from a thread, until stopped; knows exactly what it sent."""

    def __init__(self, agents):
        self.agents, self.sent = agents, 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopping.is_set() and self.sent < 100000:
            for agent in self.agents:
                agent.send_unix(*[b"kill.hits:1|c|#series:%d\nkill.latency:%d|ms|#series:%d" % (n, 1 + self.sent % 100, n)
                                  for n in range(SERIES)])
            self.sent += 1
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    @property
    def samples(self):
        return self.sent * SERIES * len(self.agents)


class KillTest(unittest.TestCase):
    def run_with(self, disturb):
        with Cluster(agents=2) as cluster:
            with Traffic(cluster.agents) as traffic:
                time.sleep(2.5)
                disturb(cluster)
                time.sleep(2.5)
            cluster.wait_for(lambda: cluster.total("kill.hits") >= traffic.samples, 60, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("kill.hits"), traffic.samples)
            self.assertEqual(cluster.count("kill.latency"), traffic.samples)
            self.assertEqual([row for row in cluster.rows() if row["partial"]], [])
            accepted = sum(cluster.books(agent)[0] for agent in cluster.agents)
            self.assertEqual(accepted, 2 * traffic.samples)
            # Asked again, over everything: the stored sketches hold each sample once, too.
            reply = cluster.query("quantile(0.5, kill.latency[10m])")
            self.assertEqual(len(reply["data"]["result"]), 1, reply)
            median = float(reply["data"]["result"][0]["value"][1])
            self.assertTrue(1 <= median <= 100, median)

    def test_a_killed_global_loses_and_doubles_nothing(self):
        def disturb(cluster):
            cluster.globals[0].kill()
            time.sleep(1)
            cluster.globals[0].start()
        self.run_with(disturb)

    def test_a_killed_proxy_loses_and_doubles_nothing(self):
        def disturb(cluster):
            cluster.proxy.kill()
            time.sleep(1)
            cluster.proxy.start()
        self.run_with(disturb)

    def test_globals_and_proxy_killed_at_once_lose_and_double_nothing(self):
        def disturb(cluster):
            processes = [*cluster.globals, cluster.proxy]
            for process in processes:
                process.signal(9)
            for process in processes:
                process.child.wait(timeout=10)
            time.sleep(1)
            for process in processes:
                process.start()
        self.run_with(disturb)

    def test_many_quick_kills_of_everything_but_the_agents(self):
        def disturb(cluster):
            for turn in range(6):
                victim = [cluster.globals[0], cluster.proxy, cluster.globals[1]][turn % 3]
                victim.kill()
                victim.start()
                time.sleep(0.7)
        self.run_with(disturb)


if __name__ == "__main__":
    unittest.main(verbosity=2)
