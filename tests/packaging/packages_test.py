"""What is in the .deb packages: files, permissions, dependencies, scripts, configurations and units."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from packages import NAMES, TIERS, contents, fields, make_packages, run

# A little above what `systemd-analyze security` says; 10 is a service without any bounds.
EXPOSURE = {"local": 1.6, "proxy": 1.4, "global": 1.4}


def files_of(name):
    """All that a package holds, without folders."""
    doc = f"/usr/share/doc/{name}"
    files = {f"{doc}/copyright", f"{doc}/changelog.gz", f"{doc}/changelog.Debian.gz"}
    if name != "tributary-common":
        files |= {f"/usr/bin/{name}", f"/usr/share/lintian/overrides/{name}"}
    if name == "tributary":
        files |= {"/usr/share/man/man1/tributary.1.gz", "/usr/share/bash-completion/completions/tributary",
                  "/usr/share/zsh/vendor-completions/_tributary"}
    tier = name.removeprefix("tributary-")
    if tier in TIERS:
        files |= {f"/etc/tributary/{tier}.yaml", f"/lib/systemd/system/{name}.service",
                  f"/usr/share/man/man8/{name}.8.gz"}
    if tier == "local":
        files.add("/lib/systemd/system/tributary-local.socket")
    return files


class PackagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-packages-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.debs = make_packages(cls.dir / "debs")
        cls.root = cls.dir / "root"  # all of them unpacked, above what a system has
        for deb in cls.debs.values():
            run("dpkg-deb", "--extract", deb, cls.root)
        shutil.copytree("/lib/systemd/system", cls.root / "lib/systemd/system", symlinks=True, dirs_exist_ok=True)

    def script(self, name, script):
        return run("dpkg-deb", "--info", self.debs[name], script)

    def test_there_is_a_package_for_each_program_and_one_for_what_they_share(self):
        self.assertEqual(sorted(self.debs), sorted(NAMES))

    def test_a_program_s_package_holds_these_files_and_no_others(self):
        for name in set(NAMES) - {"tributary-common"}:
            files = {path for path, (mode, _) in contents(self.debs[name]).items() if mode[0] != "d"}
            self.assertEqual(files, files_of(name), name)

    def test_the_common_package_holds_the_user_documents_and_monitoring(self):
        files = {path for path, (mode, _) in contents(self.debs["tributary-common"]).items() if mode[0] != "d"}
        doc = "/usr/share/doc/tributary-common"
        for path in files_of("tributary-common") | {f"{doc}/install.md", f"{doc}/operations.md", f"{doc}/monitoring.md",
                                                    "/usr/lib/sysusers.d/tributary.conf",
                                                    "/usr/share/tributary/monitoring/alerts.yaml",
                                                    "/usr/share/tributary/monitoring/dashboard.json",
                                                    "/usr/share/tributary/monitoring/fleet.json"}:
            self.assertIn(path, files)
        self.assertEqual([path for path in files if not path.startswith(("/usr/share/", "/usr/lib/sysusers.d/"))], [])

    def test_everything_belongs_to_root_and_only_programs_can_be_run(self):
        for name, deb in self.debs.items():
            for path, (mode, owner) in contents(deb).items():
                runs = mode[0] == "d" or path.startswith("/usr/bin/")
                self.assertEqual((mode[1:], owner), ("rwxr-xr-x" if runs else "rw-r--r--", "root/root"), (name, path))

    def test_only_the_configurations_are_conffiles(self):
        for name, deb in self.debs.items():
            expected = [path for path in contents(deb) if path.startswith("/etc/") and path.endswith(".yaml")]
            listed = self.script(name, "conffiles").split() if expected else []
            self.assertEqual(listed, expected)

    def test_programs_depend_on_their_libraries_and_on_the_common_package_of_their_version(self):
        for name, deb in self.debs.items():
            control = fields(deb)
            self.assertEqual(control["Architecture"] == "all", name == "tributary-common")
            if name != "tributary-common":
                depends = control["Depends"].split(", ")
                self.assertIn(f"tributary-common (= {control['Version']})", depends)
                self.assertTrue(any(dependency.startswith("libc6 (>= ") for dependency in depends), depends)
        for tier in TIERS:
            self.assertIn("procps", fields(self.debs[f"tributary-{tier}"])["Depends"].split(", "))
        self.assertIn("librocksdb", fields(self.debs["tributary-global"])["Depends"])

    def test_the_changelog_is_of_the_package_s_version(self):
        for name, deb in self.debs.items():
            with gzip.open(self.root / f"usr/share/doc/{name}/changelog.Debian.gz", "rt") as changelog:
                self.assertIn(f"({fields(deb)['Version']})", changelog.readline())

    def test_maintainer_scripts_are_shell_without_errors(self):
        for name, deb in self.debs.items():
            control = self.dir / f"{name}.control"
            run("dpkg-deb", "--control", deb, control)
            for script in {"preinst", "postinst", "prerm", "postrm"} & {path.name for path in control.iterdir()}:
                run("sh", "-n", control / script)
                self.assertIn("set -e", (control / script).read_text())
                self.assertNotIn("@", (control / script).read_text())

    def test_completions_and_manual_pages_are_what_they_should_be(self):
        run("bash", "-n", self.root / "usr/share/bash-completion/completions/tributary")
        self.assertTrue((self.root / "usr/share/zsh/vendor-completions/_tributary").read_text().startswith("#compdef "))
        for page in (self.root / "usr/share/man").rglob("*.gz"):
            name, section, _ = page.name.split(".")
            with gzip.open(page, "rt") as roff:
                self.assertRegex(roff.read().replace("\\-", "-"), rf"(?m)^\.TH {name.upper()} {section} ")

    def test_sockets_are_started_before_their_service(self):
        units = re.findall(r"tributary-local\.\w+", self.script("tributary-local", "postinst"))
        self.assertEqual(units[:2], ["tributary-local.socket", "tributary-local.service"])

    def test_the_configurations_pass_the_check_of_their_program(self):
        for tier in TIERS:
            done = subprocess.run([self.root / f"usr/bin/tributary-{tier}", "--check-config", "--config",
                                   self.root / f"etc/tributary/{tier}.yaml"], capture_output=True, text=True, timeout=20, env={})
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), tier)

    def test_systemd_finds_no_fault_in_the_units(self):
        units = sorted((self.root / "lib/systemd/system").glob("tributary-*"))
        self.assertEqual(len(units), len(TIERS) + 1)
        done = subprocess.run(["systemd-analyze", "verify", f"--root={self.root}", "--man=no",
                               *(f"/lib/systemd/system/{unit.name}" for unit in units)],
                              capture_output=True, text=True, timeout=60)
        told = [line for line in (done.stdout + done.stderr).splitlines() if "tributary" in line]
        self.assertEqual((done.returncode, told), (0, []), done.stderr)

    def test_no_unit_needs_a_shell(self):
        """What it runs is a program of a package that ours depends on, or ours."""
        for tier in TIERS:
            unit = (self.root / f"lib/systemd/system/tributary-{tier}.service").read_text()
            programs = {line.split()[0] for line in re.findall(r"(?m)^Exec\w+=(.*)$", unit)}
            self.assertEqual(programs, {f"/usr/bin/tributary-{tier}", "/bin/kill"})
            self.assertIn("procps", run("dpkg-query", "--search", "/bin/kill"))

    def test_services_are_bounded(self):
        for tier in TIERS:
            told = run("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--root={self.root}",
                       f"tributary-{tier}.service", env={**os.environ, "LC_ALL": "C.UTF-8"})
            exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)[1])
            self.assertLessEqual(exposure, EXPOSURE[tier], told)

    def test_the_socket_unit_and_the_agent_s_configuration_name_the_same_addresses(self):
        unit = (self.root / "lib/systemd/system/tributary-local.socket").read_text()
        kinds = {("Datagram", False): "udp://", ("Datagram", True): "unixgram://", ("Stream", True): "unixstream://"}
        opened = [kinds[kind, address.startswith("/")] + address
                  for kind, address in re.findall(r"(?m)^Listen(\w+)=(.*)$", unit)]
        config = (self.root / "etc/tributary/local.yaml").read_text()
        self.assertEqual(re.findall(r"(?m)^    - (\S+://\S+)$", config), opened)

    def test_services_are_given_longer_to_stop_than_the_programs_take(self):
        for tier in TIERS:
            unit = (self.root / f"lib/systemd/system/tributary-{tier}.service").read_text()
            keys = run(self.root / f"usr/bin/tributary-{tier}", "--print-config-keys")
            grace = int(re.search(r"(?m)^shutdown_grace: (\d+)s ", keys)[1])
            self.assertGreater(int(re.search(r"(?m)^TimeoutStopSec=(\d+)s$", unit)[1]), 2 * grace)


if __name__ == "__main__":
    unittest.main(verbosity=2)
