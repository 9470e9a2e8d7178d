"""The web page in real Chromium, over a cluster with traffic.

    python -> agent-0 -> proxy (the page) -> global-0, global-1        interval 1 s
"""
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from client_programs import built_from
from cluster import Cluster

SCREENSHOTS = os.environ.get("TRIBUTARY_SCREENSHOTS")  # a folder to leave them in


@unittest.skipUnless(shutil.which("chromium") and shutil.which("npm"), "needs chromium and npm")
class PageTest(unittest.TestCase):
    def test_every_tab_with_live_data(self):
        folder = built_from(pathlib.Path(__file__).parent, lambda place: subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True, timeout=120))
        with Cluster(agents=1) as cluster:
            sent, end = 0, time.monotonic() + 8
            while time.monotonic() < end:
                for n in range(100):
                    cluster.agents[0].send_unix(b"page.wait:%d|ms|#region:%s,slot:%d" % (n + 1, b"eu" if n % 2 else b"us", n % 4))
                    sent += 1
                time.sleep(0.1)
            cluster.wait_for(lambda: cluster.count("page.wait") >= sent, 60, "every sample in the sinks")
            pictures = pathlib.Path(SCREENSHOTS) if SCREENSHOTS else cluster.dir / "screenshots"
            pictures.mkdir(exist_ok=True)
            done = subprocess.run(["node", folder / "browse.mjs", cluster.proxy.url, pictures], capture_output=True, text=True,
                                  timeout=240, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            for name in ("fleet", "topology", "cardinality"):
                self.assertGreater((pictures / f"{name}.png").stat().st_size, 10_000, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
