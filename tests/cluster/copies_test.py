"""With `store.copies: 2` a lost global, and a lost disk, lose no history: its copy at the next one answers.

    agent-0, agent-1 -> proxy -> global-0, global-1, global-2, of which a file names some        interval 1 s

The history is of a week, as in handover_test. The copy of global-0 is at global-1, that of 1 at 2, that of 2 at 0.
"""
import json
import shutil
import signal
import time
import unittest
import urllib.parse

from cluster import lambda_text
import handover_test
from kill_test import SERIES, Traffic
from membership_test import FoundByFile


class CopiesTest(unittest.TestCase):
    fill, assert_same = handover_test.HandoverTest.fill, handover_test.HandoverTest.assert_same

    def cluster_with_copies(self):
        cluster = FoundByFile(globals_=3, named=3)
        for process in cluster.globals:
            config = process.config.read_text()
            self.assertEqual(config.count("\nstore:\n"), 1)
            process.config.write_text(config.replace("\nstore:\n", "\nstore:\n  copies: 2\n"))
        return cluster

    def wait_for_copies(self, cluster, of):
        def behind():
            return {process.name: process.metric("tributary_global_copy_lag_seconds") for process in of}
        time.sleep(4)  # without a copy the lag is the time since the start
        cluster.wait_for(lambda: max(behind().values()) <= 3, 60, lambda_text(lambda: f"copies are behind: {behind()}"))
        time.sleep(2)  # and what rolls up

    def labels(self, cluster, at):
        words = urllib.parse.urlencode({"start": at - 7 * 86400, "end": at})
        status, text = cluster.proxy.http_get(f"/api/v1/label/series/values?{words}", timeout=20)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def assert_by_copy(self, warnings, of, at):
        """Every question that reaches to now is answered with the copy's name, and nothing else is missing."""
        self.assertNotEqual(warnings, [])
        for warning in warnings:
            self.assertIn(f"global {of} does not answer for its store; the copy at {at} does", warning)

    def test_a_lost_global_and_then_its_lost_disk_lose_no_history(self):
        with self.cluster_with_copies() as cluster:
            questions, before = self.fill(cluster)
            self.wait_for_copies(cluster, cluster.globals)
            self.assertEqual([p.metric("tributary_global_copies_held") for p in cluster.globals], [1, 1, 1])

            cluster.globals[1].kill()
            answers, warnings = questions.ask()
            self.assert_same(before, answers, "while global-1 is away")
            self.assert_by_copy(warnings, "global-1", "global-2")
            reply = self.labels(cluster, questions.at)
            self.assertEqual(len(reply["data"]), SERIES)
            self.assertEqual(reply.get("warnings", []), [])

            cluster.globals[1].start()  # with its disk
            cluster.wait_for(lambda: cluster.is_ready(cluster.globals[1]), 60, "global-1 ready")
            cluster.wait_for(lambda: not questions.ask()[1], 30, "no copy is needed")
            self.assert_same(before, questions.ask()[0], "when it is back")
            begun = cluster.globals[1].metric("tributary_global_copies_begun_total")
            self.assertEqual(begun, 0, "its copy went on where it was")

            cluster.globals[1].kill()
            shutil.rmtree(cluster.dir / "global-1" / "store")
            cluster.globals[1].start()  # without
            cluster.wait_for(lambda: cluster.is_ready(cluster.globals[1]), 60, "global-1 ready")
            cluster.wait_for(lambda: not questions.ask()[1], 90, "its history is given back")
            self.assert_same(before, questions.ask()[0], "with its history back")
            self.wait_for_copies(cluster, [cluster.globals[1]])
            self.assertEqual(cluster.globals[2].metric("tributary_global_copies_held"), 1, "of the new store")

            with Traffic(cluster.agents) as traffic:  # what comes now is counted once, too
                time.sleep(3)
            hits = lambda: sum(float(one["value"][1]) for one in
                               cluster.query("sum(increase(kill.hits[7d]))")["data"]["result"])
            had = sum(float(value) for (value,) in before["sum by (series) (increase(kill.hits[7d]))"].values())
            cluster.wait_for(lambda: hits() >= had + traffic.samples, 60, lambda_text(lambda: f"{hits()} hits"))
            self.assertEqual(hits(), had + traffic.samples)
            cluster.assert_books_balance(self)
            self.wait_for_copies(cluster, cluster.globals)
            cluster.globals[1].kill()
            cluster.wait_for(lambda: hits() == had + traffic.samples, 30, "both copies answer")

    def test_of_one_that_is_gone_for_good_the_copy_answers(self):
        with self.cluster_with_copies() as cluster:
            questions, before = self.fill(cluster)
            self.wait_for_copies(cluster, cluster.globals)
            cluster.globals[2].kill()
            cluster.name(range(2))
            cluster.wait_for_members(2)
            answers, warnings = questions.ask()
            self.assert_same(before, answers, "when global-2 is removed")
            self.assertEqual([w for w in warnings if "the copy at global-0 does" not in w], [])
            # The copy of global-1 was at global-2: it is made anew at global-0.
            cluster.wait_for(lambda: cluster.globals[0].metric("tributary_global_copies_held") == 2, 60, "two at global-0")
            self.wait_for_copies(cluster, cluster.globals[:2])
            cluster.globals[1].kill()
            cluster.wait_for(lambda: not [w for w in questions.ask()[1] if "the copy at global-0 does" not in w], 30,
                             "both are answered for by global-0")
            self.assert_same(before, questions.ask()[0], "when only one is left")

    def test_a_frozen_global_is_answered_for_in_time(self):
        with self.cluster_with_copies() as cluster:
            questions, before = self.fill(cluster)
            self.wait_for_copies(cluster, cluster.globals)
            cluster.globals[0].signal(signal.SIGSTOP)
            try:
                words = urllib.parse.urlencode({"query": "sum(increase(kill.hits[7d]))", "time": questions.at,
                                                "timeout": "4s"})
                expected = sum(float(v) for (v,) in before["sum by (series) (increase(kill.hits[7d]))"].values())
                replies = []
                for _ in range(3):
                    status, text = cluster.proxy.http_get(f"/api/v1/query?{words}", timeout=20)
                    self.assertEqual(status, 200, text)
                    replies.append(json.loads(text))
                    self.assertNotEqual(replies[-1].get("warnings", []), [])
                self.assertEqual(float(replies[-1]["data"]["result"][0]["value"][1]), expected)
                self.assert_by_copy(replies[-1]["warnings"], "global-0", "global-1")
            finally:
                cluster.globals[0].signal(signal.SIGCONT)
            cluster.wait_for(lambda: not questions.ask()[1], 60, "no copy is needed")
            self.assert_same(before, questions.ask()[0], "when it is back")


if __name__ == "__main__":
    unittest.main()
