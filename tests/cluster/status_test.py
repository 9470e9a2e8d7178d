"""What the proxy says of the whole cluster: GET /api/v1/status/cluster against what was sent and done.

    agent-0, agent-1 -> proxy -> global-0, global-1        interval 1 s
"""
import signal
import time
import unittest

from cluster import Cluster

SERIES = 50


def agent_of(status, host, state=None):
    return next((a for a in status["agents"] if a["host"] == host and state in (None, a["state"])), None)


def global_of(status, node):
    return next(g for g in status["globals"] if g["id"] == node)


class StatusTest(unittest.TestCase):
    def send(self, cluster, agent, times=1):
        for _ in range(times):
            cluster.agents[agent].send_unix(*[b"status.hits:1|c|#series:%d" % n for n in range(SERIES)])
        return times * SERIES

    def wait_for_status(self, cluster, condition, seconds=30, what="status"):
        """The first status that fulfils the condition; every one on the way is balanced."""
        seen = {}

        def fulfilled():
            seen.update(cluster.status())
            self.assertTrue(seen["samples"]["balanced"], seen)
            self.assertEqual(seen["samples"]["difference"], 0, seen)
            return condition(seen)
        try:
            cluster.wait_for(fulfilled, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; last: {seen}")
        return seen

    def wait_for_committed(self, cluster, samples):
        return self.wait_for_status(cluster, lambda s: s["samples"]["committed"] == samples
                                    and s["samples"]["pending"] == 0
                                    and all(g["heard"] and g["samples"]["open"] == 0 for g in s["globals"]),
                                    what=f"{samples} samples committed")

    def test_a_healthy_cluster_balances_to_the_last_sample(self):
        with Cluster(agents=2) as cluster:
            sent = [self.send(cluster, 0, 3), self.send(cluster, 1, 5)]
            status = self.wait_for_committed(cluster, sum(sent))
            self.assertEqual(status["samples"], {
                "accepted": sum(sent), "committed": sum(sent), "local": 0, "open": 0, "pending": 0, "dropped": 0,
                "untold_agents": 0, "difference": 0, "balanced": True})
            for n in range(2):
                agent = agent_of(status, f"node-{n}")
                self.assertEqual((agent["state"], agent["samples"]["accepted"], agent["balanced"]),
                                 ("live", sent[n], True))
                self.assertLess(abs(status["now"] - agent["last_interval"]), 10)
            for what in ("received", "committed"):
                self.assertEqual(sum(g["samples"][what] for g in status["globals"]), sum(sent), what)
            self.assertEqual(sum(g["series"] for g in status["globals"]), SERIES)
            for found in status["globals"]:
                self.assertTrue(found["balanced"], found)
                self.assertGreater(found["store_bytes"], 0)
                self.assertEqual([sink["rows_dropped"] for sink in found["sinks"]], [0] * len(found["sinks"]))
            self.assertEqual([m["id"] for m in status["view"]["members"]], ["global-0", "global-1"])
            self.assertEqual(sum(m["partitions"] for m in status["view"]["members"]), 4096)
            self.assertTrue(all(m["connected"] for m in status["view"]["members"]), status["view"])
            self.assertEqual((status["cluster"], status["interval_seconds"]), ("demo", 1.0))

            # One that ends as it should has said its last before it went.
            sent[1] += self.send(cluster, 1)
            self.assertEqual(cluster.agents[1].stop(), 0)
            status = self.wait_for_committed(cluster, sum(sent))
            self.assertEqual(agent_of(status, "node-1")["state"], "left")
            self.assertEqual(agent_of(status, "node-1")["samples"]["committed"], sent[1])

    def test_a_frozen_global_is_named_and_what_waits_for_it_shows(self):
        with Cluster(agents=2) as cluster:
            sent = self.send(cluster, 0)
            self.wait_for_committed(cluster, sent)
            cluster.globals[1].signal(signal.SIGSTOP)
            for _ in range(4):
                sent += self.send(cluster, 0) + self.send(cluster, 1)
                time.sleep(0.5)
            began = time.monotonic()
            status = self.wait_for_status(cluster, lambda s: s["samples"]["accepted"] == sent, what="all accepted")
            self.assertLess(time.monotonic() - began, 20)
            self.assertFalse(global_of(status, "global-1")["heard"])
            self.assertIn("no answer in 2s", global_of(status, "global-1")["error"])
            self.assertTrue(global_of(status, "global-0")["heard"])
            self.assertEqual(len(status["agents"]), 2)
            self.assertGreater(status["samples"]["pending"], 0)

            cluster.globals[1].signal(signal.SIGCONT)
            status = self.wait_for_committed(cluster, sent)
            self.assertTrue(all(g["balanced"] for g in status["globals"]))

    def test_a_killed_agent_is_silent_then_lost_and_its_successor_lives(self):
        with Cluster(agents=2) as cluster:
            sent = [self.send(cluster, 0), self.send(cluster, 1)]
            self.wait_for_committed(cluster, sum(sent))
            first = agent_of(cluster.status(), "node-1")["instance"]
            cluster.agents[1].kill()
            self.wait_for_status(cluster, lambda s: agent_of(s, "node-1")["state"] == "silent", 15, "silent")
            self.wait_for_status(cluster, lambda s: agent_of(s, "node-1")["state"] == "lost", 40, "lost")

            cluster.agents[1].start()
            cluster.wait_for(lambda: cluster.is_ready(cluster.agents[1]), 30, "agent-1 again")
            more = self.send(cluster, 1, 2)
            status = self.wait_for_committed(cluster, sum(sent) + more)
            dead, lives = agent_of(status, "node-1", "dead"), agent_of(status, "node-1", "live")
            self.assertEqual((dead["instance"], dead["samples"]["committed"]), (first, sent[1]))
            self.assertEqual(lives["samples"]["committed"], more)
            self.assertEqual(agent_of(status, "node-0")["state"], "live")


if __name__ == "__main__":
    unittest.main(verbosity=2)
