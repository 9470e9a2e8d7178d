"""Globals come and go under traffic: nothing is lost or doubled, no value is partial, no interval of a series is split.

    agent-0, agent-1 -> proxy -> global-0 .. global-3, of which a file names some        interval 1 s
"""
import os
import time
import unittest

from cluster import Cluster
from kill_test import Traffic


class FoundByFile(Cluster):
    """A cluster whose proxy is told its globals by a file; the first `named` of them are started and named."""

    def __init__(self, globals_, named):
        super().__init__(agents=2, globals_=globals_)
        self.file, self.generation, self.started = self.dir / "members.yaml", 0, named
        config = self.proxy.config.read_text()
        self.ports = [g.config.read_text().split("grpc:\n  listen: ")[1].split()[0] for g in self.globals]
        self.proxy.config.write_text(config[:config.index("globals:")] + f"globals:\n  file: {self.file}\n")
        self.name(range(named))

    @property
    def processes(self):
        return [*self.globals[:self.started], self.proxy, *self.agents]

    def name(self, numbers):
        """Replaces the file, as a careful operator would: by a rename."""
        self.generation += 1
        lines = [f"generation: {self.generation}", "members:"]
        lines += [f'  - {{id: global-{n}, address: "{self.ports[n]}"}}' for n in numbers]
        self.write("\n".join(lines) + "\n")

    def write(self, text):
        new = self.file.with_suffix(".new")
        new.write_text(text)
        os.rename(new, self.file)

    def wait_for_members(self, count):
        self.wait_for(lambda: self.proxy.metric("tributary_proxy_members") == count, 60, f"a view of {count} globals")

    def start_globals(self, count):
        for process in self.globals[self.started:count]:
            process.start()
        self.started = count


class MembershipTest(unittest.TestCase):
    def run_with(self, cluster, disturb):
        with cluster:
            with Traffic(cluster.agents) as traffic:
                time.sleep(2.5)
                disturb(cluster)
                time.sleep(2.5)
            cluster.wait_for(lambda: cluster.total("kill.hits") >= traffic.samples, 60, "every hit in the sinks")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("kill.hits"), traffic.samples)
            self.assertEqual(cluster.count("kill.latency"), traffic.samples)
            rows = cluster.rows()
            self.assertEqual([row for row in rows if row["partial"]], [])
            intervals = [(row["name"], *row["tag_list"], row["interval"]) for row in rows]
            self.assertEqual(len(intervals), len(set(intervals)), "no interval of a series has two rows")

    def test_scaling_by_file_loses_doubles_and_splits_nothing(self):
        def scale(cluster):
            cluster.start_globals(4)
            cluster.name(range(4))
            cluster.wait_for_members(4)
            time.sleep(4)
            for count in (3, 2):
                cluster.name(range(count))
                cluster.wait_for_members(count)
            time.sleep(4)
            for process in cluster.globals[2:]:
                self.assertEqual(process.stop(), 0)
            self.assertTrue(any((cluster.dir / "global-3").glob("rows.jsonl*")), "global-3 has owned something")
        self.run_with(FoundByFile(globals_=4, named=2), scale)

    def test_a_rolling_restart_loses_doubles_and_splits_nothing(self):
        def restart(cluster):
            for process in cluster.globals:
                self.assertEqual(process.stop(), 0)
                cluster.wait_for_members(2)
                process.start()
                cluster.wait_for_members(3)
        self.run_with(FoundByFile(globals_=3, named=3), restart)

    def test_what_a_file_cannot_mean_changes_nothing(self):
        with FoundByFile(globals_=4, named=4) as cluster:
            cluster.wait_for_members(4)
            failures = lambda: cluster.proxy.metric("tributary_discovery_failures_total", source="file")
            for n, text in enumerate(("members: [", "members: []", "generation: 0\nmembers: [{id: a, address: nowhere}]")):
                cluster.write(text)
                cluster.wait_for(lambda n=n: failures() == n + 1, 20, f"{text!r} is refused")
            cluster.name([0])
            cluster.wait_for(lambda: cluster.proxy.metric("tributary_proxy_members_guarded") == 3, 20, "a guarded view")
            self.assertEqual(cluster.proxy.metric("tributary_proxy_members"), 4)
            cluster.name(range(3))
            cluster.wait_for_members(3)
            self.assertEqual(cluster.proxy.metric("tributary_proxy_members_guarded"), 0)


if __name__ == "__main__":
    unittest.main()
