"""The demo as a newcomer runs it, with its programs killed meanwhile: its verdict must stay OK.

The script starts again what dies, as an orchestrator would.
"""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN", ROOT / "build/dev/bin"))


class Demo:
    """examples/demo/cluster.sh in a folder of its own."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="tributary-demo-")
        self.data = pathlib.Path(self.folder.name) / "data"
        self.child = subprocess.Popen([ROOT / "examples/demo/cluster.sh", BIN, "--data", self.data, *options],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def kill(self, *names):
        for name in names:
            os.kill(int((self.data / f"{name}.pid").read_text()), signal.SIGKILL)

    def pids(self):
        texts = [path.read_text() for path in self.data.glob("*.pid")]  # one may be there and not written yet
        return [int(text) for text in texts if text.strip()]

    def wait_until_up(self):
        for _ in range(600):
            if len(self.pids()) == 6:
                return
            time.sleep(0.05)
        raise AssertionError("the cluster did not start within 30 s")

    def finish(self, timeout):
        output, _ = self.child.communicate(timeout=timeout)
        return self.child.returncode, output

    def end(self):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.communicate(timeout=60)
        self.folder.cleanup()


class DemoTest(unittest.TestCase):
    def start(self, *options):
        demo = Demo(*options)
        self.addCleanup(demo.end)
        demo.wait_until_up()
        return demo

    def test_the_verdict_is_ok_though_globals_and_proxy_are_killed(self):
        demo = self.start("--interval", "5s", "--for", "40s")
        for names in [("global-0",), ("proxy",), ("global-0", "global-1", "proxy")]:
            time.sleep(10)
            demo.kill(*names)
        status, output = demo.finish(timeout=200)
        self.assertEqual(status, 0, output)
        self.assertIn("verdict   OK: 8 intervals", output)
        self.assertIn("global-1 ended with status 137; starting it again", output)

    def test_ctrl_c_stops_everything_and_still_gives_the_verdict(self):
        demo = self.start("--interval", "1s")
        time.sleep(6)
        pids = demo.pids()
        # As a terminal does it: to the demo, for the programs are in groups of their own.
        subprocess.run(["pkill", "-INT", "-P", str(demo.child.pid), "-x", "tributary"], check=True)
        status, output = demo.finish(timeout=100)
        self.assertIn("verdict", output)
        self.assertIn("0 + pending 0", output)
        self.assertIn(status, (0, 1), output)  # a second's few samples may miss the bar of the ranks
        self.assertNotIn("counter is off", output)
        for pid in pids:
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
