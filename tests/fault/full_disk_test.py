"""The store's disk is full: the global ends with a clear word, nothing is lost, and a start with room commits it all.

    agent-0 -> proxy -> global-0 (its files may not grow beyond a limit for a while)        interval 1 s
"""
import resource
import signal
import time
import unittest

from cluster import Cluster

SERIES = 500


class FullDiskTest(unittest.TestCase):
    def test_what_could_not_be_written_is_committed_once_after_a_restart_with_room(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # inherited: a write beyond the limit fails as on a full disk
        with Cluster(agents=1, globals_=1) as cluster:
            owner, sent = cluster.globals[0], 0

            def send():
                nonlocal sent
                cluster.agents[0].send_unix(*[b"full.hits:1|c|#series:%d" % n for n in range(SERIES)])
                sent += SERIES
                time.sleep(0.1)

            for _ in range(20):
                send()
            cluster.wait_for(lambda: cluster.total("full.hits") > 0, 20, "rows before the disk is full")
            resource.prlimit(owner.child.pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
            for _ in range(300):
                if owner.child.poll() is not None:
                    break
                send()
            self.assertEqual(owner.child.poll(), 1, "ends by itself, and not by a signal")
            self.assertIn("the store cannot be written", (cluster.dir / "global-0.log").read_text())

            owner.start()
            cluster.wait_for(lambda: cluster.total("full.hits") >= sent, 60, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("full.hits"), sent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
