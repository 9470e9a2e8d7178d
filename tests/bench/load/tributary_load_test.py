"""What tributary-load says it has sent is what an agent has read."""
import json
import subprocess
import unittest

from cluster import BIN, Cluster, free_port


def load(*arguments):
    """The report of one run."""
    done = subprocess.run([BIN / "tributary-load", "-o", "json", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


class TributaryLoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=1, globals_=1)
        cls.agent = cls.cluster.agents[0]
        cls.tcp = f"tcp://127.0.0.1:{free_port()}"
        cls.agent.config.write_text(cls.agent.config.read_text().replace("  listen:\n", f"  listen:\n    - {cls.tcp}\n", 1))
        cls.enterClassContext(cls.cluster)

    def send(self, address, *arguments):
        return load("--to", address, "--agent-http", self.agent.url, "--pid", self.agent.child.pid, *arguments)

    def assert_all_read(self, report, lines, samples):
        self.assertEqual((report["lines"], report["lines_refused"]), (lines, 0))
        agent = report["agent"]
        self.assertEqual((agent["lines"], agent["lines_rejected"], agent["lost_share"]), (lines, 0, 0), report)
        self.assertEqual((agent["samples_accepted"], agent["samples_dropped"]), (samples, 0), report)

    def test_unix_socket_takes_every_line_unpaced(self):
        report = self.send(f"unixgram://{self.agent.socket_path}", "--lines", 30011, "--senders", 2)
        self.assert_all_read(report, 30011, 30011)
        self.assertEqual(report["payloads"], report["agent"]["datagrams"])

    def test_stream_socket_takes_every_line(self):
        report = self.send(f"unixstream://{self.agent.socket_path.with_suffix('.stream')}", "--lines", 20011)
        self.assert_all_read(report, 20011, 20011)

    def test_tcp_takes_every_line(self):
        report = self.send(self.tcp, "--lines", 20011, "--senders", 2)
        self.assert_all_read(report, 20011, 20011)

    def test_udp_at_a_modest_rate_loses_nothing(self):
        address = f"udp://127.0.0.1:{self.agent.udp_port}"
        report = self.send(address, "--lines", 4000, "--rate", 20000, "--types", "c,ms,h,d,s,g", "--payload", 0)
        self.assert_all_read(report, 4000, 4000)
        self.assertEqual(report["payloads"], 4000)

    def test_packed_values_are_samples_of_one_line(self):
        report = self.send(f"unixgram://{self.agent.socket_path}", "--lines", 1000, "--types", "d", "--values", 8)
        self.assert_all_read(report, 1000, 8000)

    def test_target_that_is_not_there_is_an_error(self):
        done = subprocess.run([BIN / "tributary-load", "--to", f"unixgram://{self.cluster.dir}/none"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("none", done.stderr)


if __name__ == "__main__":
    unittest.main()
