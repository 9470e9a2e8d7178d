"""The packages on a clean Debian, from apt install to apt purge, with systemd as it runs everywhere.

    sender -> agent (sockets by systemd) -> proxy -> global, all on 127.0.0.1 of a container

Lived once, in setUpClass; each test looks at what was seen on the way.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from clean_root import CleanRoot
from packages import NAMES, make_packages, run

UNITS = ["tributary-local.socket", "tributary-local.service", "tributary-proxy.service", "tributary-global.service"]
# For the global: what it commits is counted in its rows.
SINK = """
sinks:
  - kind: json_lines
    path: /var/lib/tributary/global/rows.jsonl
"""
# Sends a counter over UDP, a line per datagram, until its standard input ends; then says how often.
SENDER = """
import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 8125))
n = 0
while not select.select([sys.stdin], [], [], 0.001)[0]:
    for _ in range(10):
        s.send(b"clean.hits:1|c")
        n += 1
print(n)
"""


def of_next_release(deb, folder):
    """The same package as release 2."""
    run("dpkg-deb", "--raw-extract", deb, folder / "tree")
    control = folder / "tree/DEBIAN/control"
    version = re.search(r"(?m)^Version: (.*)-1$", control.read_text())[1]
    control.write_text(control.read_text().replace(f"{version}-1", f"{version}-2"))
    run("dpkg-deb", "--root-owner-group", "--build", folder / "tree", folder)
    shutil.rmtree(folder / "tree")


class CleanRootTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tributary-clean-root-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        debs = make_packages(folder / "debs")
        with CleanRoot(folder / "root") as root:
            cls.live(root, folder, debs)

    @classmethod
    def live(cls, root, folder, debs):
        for name in ("first", "second"):
            (root.dir / name).mkdir()
        for deb in debs.values():
            shutil.copy(deb, root.dir / "first")
            of_next_release(deb, root.dir / "second")
        cls.prepare(root)
        root.boot()
        cls.before = root.files()
        cls.install(root, "first")
        cls.active = {unit: root.ask("systemctl", "is-active", unit) for unit in UNITS}
        cls.enabled = {unit: root.ask("systemctl", "is-enabled", unit) for unit in UNITS}
        cls.users = {tier: root.ask("stat", "-c", "%U %a", f"/var/lib/tributary/{tier}") for tier in ("local", "global")}
        cls.configure(root, "global", SINK)
        root.run("systemctl", "restart", "tributary-global.service")
        for kind in ("unixgram:///run/tributary/dsd.socket", "unixstream:///run/tributary/dsd_stream.socket"):
            root.run("runuser", "-u", "nobody", "--", "tributary", "emit", "timer", "clean.latency", "12.5", "--to", kind)
        cls.upgrade_under_traffic(root)
        cls.query = root.run("tributary", "query", "p50", "clean.latency", "--last", "30m", "--output", "csv")
        root.wait_for(lambda: subprocess.run(root.inside("tributary", "status"), capture_output=True,
                                             timeout=30).returncode == 0, 60, "`tributary status` to find all well")
        cls.reload(root)
        root.run("apt-get", "remove", "-y", *NAMES)
        cls.after_remove = root.files()
        root.run("dpkg", "--purge", *NAMES)  # apt knows no package of its own that is gone
        cls.after = root.files()
        cls.passwd = root.run("cat", "/etc/passwd")

    @staticmethod
    def prepare(root):
        """Puts in place what the packages depend on, so that nothing else than they comes and goes."""
        root.fetch("apt-get", "update")
        told = root.fetch("sh", "-c", "apt-get install --simulate --no-install-recommends /first/*.deb")
        needed = set(re.findall(r"(?m)^Inst (\S+)", told)) - set(NAMES)
        root.fetch("apt-get", "install", "-y", "--no-install-recommends", *sorted(needed))

    @staticmethod
    def install(root, folder):
        root.run("sh", "-c", f"apt-get install -y --no-install-recommends /{folder}/*.deb")

    @staticmethod
    def configure(root, tier, text):
        with open(root.dir / f"etc/tributary/{tier}.yaml", "a") as config:
            config.write(text)

    @classmethod
    def upgrade_under_traffic(cls, root):
        cls.configure(root, "local", "# mine\n")
        pid = root.ask("systemctl", "show", "--value", "--property=MainPID", "tributary-local.service")
        sender = root.in_its_network(sys.executable, "-c", SENDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)
        try:
            root.wait_for(lambda: cls.hits(root) > 0, 90, "hits that were committed")
            cls.install(root, "second")
            before = cls.hits(root)
            root.wait_for(lambda: cls.hits(root) > before, 90, "hits of the upgraded agent")
            sent = int(sender.communicate("", timeout=30)[0])
        finally:
            sender.kill()
            sender.wait(timeout=10)
        cls.sent = sent
        try:
            root.wait_for(lambda: cls.hits(root) >= sent, 90, "every hit")
        except AssertionError:
            pass  # the test says how many there are
        cls.committed = cls.hits(root)
        cls.config = root.run("cat", "/etc/tributary/local.yaml")
        cls.restarted = pid != root.ask("systemctl", "show", "--value", "--property=MainPID", "tributary-local.service")
        cls.version = root.ask("dpkg-query", "--show", "--showformat=${Version}", "tributary-local")
        cls.active_after_upgrade = {unit: root.ask("systemctl", "is-active", unit) for unit in UNITS}

    @staticmethod
    def hits(root):
        """The counter in all rows that were committed."""
        rows = {}
        for path in (root.dir / "var/lib/tributary/global").glob("rows.jsonl*"):
            for line in path.read_bytes().split(b"\n")[:-1]:
                row = json.loads(line)
                if row["name"] == "clean.hits":
                    rows[row["start_unix_ms"], row["version"]] = row["value"]
        return round(sum(rows.values()))

    @classmethod
    def reload(cls, root):
        root.run("systemctl", "reload", "tributary-proxy.service")
        cls.configure(root, "proxy", "nonsense: 1\n")
        done = subprocess.run(root.inside("systemctl", "reload", "tributary-proxy.service"), capture_output=True, timeout=60)
        cls.reload_of_nonsense = done.returncode
        cls.active_after_reload = root.ask("systemctl", "is-active", "tributary-proxy.service")
        cls.journal = root.ask("journalctl", "-u", "tributary-proxy.service", "--no-pager")

    def test_services_run_and_will_run_after_a_boot(self):
        self.assertEqual(self.active, {unit: "active" for unit in UNITS})
        self.assertEqual(self.enabled, {unit: "enabled" for unit in UNITS})

    def test_their_state_belongs_to_their_user_alone(self):
        self.assertEqual(self.users, {"local": "tributary 750", "global": "tributary 750"})

    def test_an_upgrade_under_traffic_loses_nothing(self):
        self.assertGreater(self.sent, 1000)
        self.assertEqual(self.committed, self.sent)

    def test_a_query_answers_what_anybody_emitted(self):
        self.assertEqual(self.query.splitlines()[-1].split(",")[-1], "12.5", self.query)

    def test_an_upgrade_keeps_the_configuration_and_starts_the_services_anew(self):
        self.assertTrue(self.config.endswith("# mine\n"))
        self.assertTrue(self.version.endswith("-2"), self.version)
        self.assertTrue(self.restarted)
        self.assertEqual(self.active_after_upgrade, {unit: "active" for unit in UNITS})

    def test_a_reload_refuses_a_wrong_configuration_and_says_why(self):
        self.assertNotEqual(self.reload_of_nonsense, 0)
        self.assertEqual(self.active_after_reload, "active")
        self.assertIn("nonsense: unknown key", self.journal)

    def test_removal_keeps_configuration_and_data(self):
        kept = {"/etc/tributary/local.yaml", "/etc/tributary/global.yaml", "/var/lib/tributary/global"}
        self.assertEqual(kept - self.after_remove, set())
        self.assertFalse([path for path in self.after_remove if path.startswith("/usr/bin/tributary")])

    def test_a_purge_leaves_nothing(self):
        self.assertEqual(sorted(self.after - self.before), [])
        self.assertEqual(sorted(self.before - self.after), [])
        self.assertNotIn("tributary", self.passwd)


if __name__ == "__main__":
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", f"PYTHONPATH={os.environ['PYTHONPATH']}",
                           f"TRIBUTARY_BIN={os.environ['TRIBUTARY_BIN']}", sys.executable, *sys.argv])
    unittest.main(verbosity=2)
