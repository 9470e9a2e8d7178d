"""What an agent tells of this machine, in rows of a real cluster, against what Python reads of /proc itself."""
import json
import os
import unittest

from cluster import Cluster


def memory():
    """{field: bytes}"""
    with open("/proc/meminfo", encoding="ascii") as info:
        return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in info}


def memory_used():
    return memory()["MemTotal"] - memory()["MemAvailable"]


def cpu_seconds():
    """Of all CPUs and modes; guests are in user and nice."""
    with open("/proc/stat", encoding="ascii") as stat:
        return sum(int(field) for field in stat.readline().split()[1:9]) / os.sysconf("SC_CLK_TCK")


class HostMetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=1, globals_=1, host_metrics=True)
        cls.cpu_before = cpu_seconds()
        cls.memory = [memory_used()]
        with cls.cluster:
            def utilisations():
                cls.rows = [json.loads(line) for path in cls.cluster.dir.glob("global-0/rows.jsonl*")
                            for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
                return len(cls.of("system.cpu.utilization")) >= 3
            cls.cluster.wait_for(utilisations, 60, "rows of three looks")
            cls.metrics = cls.cluster.agents[0].metrics()
        cls.memory.append(memory_used())
        cls.cpu_after = cpu_seconds()

    @classmethod
    def of(cls, name, **tags):
        return [row for row in cls.rows if row["name"] == name and
                all(row["tags"].get(key.replace("__", ".")) == value for key, value in tags.items())]

    def test_every_row_has_the_agents_host(self):
        told = [row for row in self.rows if row["name"].startswith(("system.", "container."))]
        self.assertGreater(len(told), 50)
        self.assertEqual({row["tags"].get("host") for row in told}, {"node-0"})

    def test_memory_is_what_proc_says(self):
        total = memory()["MemTotal"]
        self.assertEqual({row["last"] for row in self.of("system.memory.limit")}, {total})
        used = self.of("system.memory.usage", system__memory__state="used")
        self.assertTrue(used)
        for row in used:
            # Between the two readings other programs come and go.
            self.assertGreater(row["last"], 0.2 * min(self.memory))
            self.assertLess(row["last"], total)

    def test_cpu_time_is_no_more_than_passed(self):
        told = sum(row["value"] for row in self.of("system.cpu.time"))
        self.assertGreater(told, 0)
        self.assertLessEqual(told, self.cpu_after - self.cpu_before + 1)  # iowait may step back

    def test_utilisations_are_distributions_of_shares(self):
        names = {row["name"] for row in self.rows if row["name"].endswith(".utilization")}
        self.assertLessEqual({"system.cpu.utilization", "system.memory.utilization"}, names)
        for name in names:
            for row in self.of(name):
                self.assertEqual(row["type"], "distribution")
                self.assertTrue(0 <= row["min"] <= row["max"] <= 1, row)

    def test_the_agent_says_what_it_costs_and_understands_every_file(self):
        self.assertEqual(self.metrics["tributary_local_host_files_malformed_total"], 0)
        self.assertGreaterEqual(self.metrics["tributary_local_host_looks_total"], 3)
        self.assertGreater(self.metrics["tributary_local_host_cpu_seconds_total"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
