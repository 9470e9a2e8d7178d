"""The image of the Dockerfile, built by buildah where no registry is within reach: on a Debian made by debootstrap.

Its root file system is then run as the chart's pods are: read-only, as user 65532, without capabilities, without new
privileges, with the configurations that Helm renders. As root, with this machine's sources of packages.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "helm"))

from chart import objects, template
from clean_root import debian_sources
from cluster import BIN, free_port
from packages import make_packages, run

USER = 65532
PROGRAMS = {"agent": "tributary-local", "proxy": "tributary-proxy", "global": "tributary-global"}


class Image:
    """What buildah makes of the Dockerfile and packages of this build, mounted."""

    def __init__(self, folder):
        self.dir = folder
        self.storage = ["--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs"]
        self.make_base()
        self.make_context()
        self.buildah("build", "--isolation", "chroot", "--build-arg", "BASE=localhost/base", "--build-arg",
                     "PROGRAMS=given", "--tag", "localhost/tributary", folder / "context")
        self.config = json.loads(self.buildah("inspect", "--type", "image", "localhost/tributary"))["OCIv1"]["config"]
        self.container = self.buildah("from", "localhost/tributary").strip()
        self.root = pathlib.Path(self.buildah("mount", self.container).strip())

    def buildah(self, *arguments):
        return run("buildah", *self.storage, *arguments, timeout=1200)

    def make_base(self):
        """In place of Debian's slim image, which is as much."""
        (address, suite), *_ = debian_sources()
        run("debootstrap", "--variant=minbase", suite, self.dir / "base", address, timeout=1200)
        container = self.buildah("from", "scratch").strip()
        self.buildah("copy", "--quiet", container, self.dir / "base", "/")
        self.buildah("commit", "--quiet", container, "localhost/base")
        self.buildah("rm", container)
        shutil.rmtree(self.dir / "base")

    def make_context(self):
        """What .dockerignore lets through is checked by the test of that; here is what `given` needs."""
        context = self.dir / "context"
        (context / "packaging").mkdir(parents=True)
        shutil.copy(ROOT / "Dockerfile", context)
        shutil.copy(ROOT / "packaging" / "sbom", context / "packaging")
        make_packages(context / "build" / "package")

    def close(self):
        for command in ("umount", "rm"):
            self.buildah(command, self.container)
        shutil.rmtree(self.dir)

    def command(self, program, *arguments, binds=()):
        """What a pod's container is: read-only but for what is mounted, and without any right."""
        mounts = "".join(f"mount --bind '{source}' '{self.root}{target}' && "
                         for source, target in (("/proc", "/proc"), ("/dev", "/dev"), *binds))
        inside = " ".join(["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs",
                           "--bounding-set=-all", "--inh-caps=-all", program, *map(str, arguments)])
        script = (f"mount --bind '{self.root}' '{self.root}' && {mounts}"
                  f"mount -o remount,ro,bind '{self.root}' && exec chroot '{self.root}' {inside}")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = Image(pathlib.Path(tempfile.mkdtemp(prefix="tributary-test-")))
        cls.addClassCleanup(cls.image.close)

    def inside(self, *command):
        done = subprocess.run(self.image.command(*command), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_every_program_runs_as_the_user_it_names(self):
        self.assertEqual(self.image.config["User"], f"{USER}:{USER}")
        for program in (*PROGRAMS.values(), "tributary"):
            self.assertRegex(self.inside(program, "--version"), rf"^{program} \d")

    def test_what_the_chart_calls_is_there(self):
        for program in ("install", "sleep"):
            self.inside(program, "--version")

    def test_it_runs_without_any_right(self):
        status = self.inside("cat", "/proc/self/status")
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertRegex(status, r"CapBnd:\t0+\n")
        done = subprocess.run(self.image.command("touch", "/usr/bin/x"), capture_output=True, text=True, timeout=60)
        self.assertIn("Read-only file system", done.stderr)
        self.assertEqual(self.inside("id", "-u").strip(), str(USER))

    def test_nothing_is_left_of_the_build(self):
        for path in ("tmp/sbom", "tmp/depends", "debs", "out"):
            self.assertFalse((self.image.root / path).exists(), path)
        self.assertEqual(list((self.image.root / "var/lib/apt/lists").glob("*Packages*")), [])
        self.assertFalse((self.image.root / "usr/bin/g++").exists())
        self.assertFalse((self.image.root / "usr/bin/python3").exists())

    def test_it_is_small(self):
        size = int(run("du", "-sbx", self.image.root).split()[0])
        base_and_libraries = 260 << 20
        self.assertLess(size, base_and_libraries)

    def test_the_inventory_is_what_is_in_it(self):
        told = json.loads((self.image.root / "usr/share/doc/tributary/sbom.spdx.json").read_text())
        self.assertEqual((told["spdxVersion"], told["dataLicense"]), ("SPDX-2.3", "CC0-1.0"))
        installed = run("dpkg-query", f"--admindir={self.image.root}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n")
        packages = [f"{p['name']} {p['versionInfo']}" for p in told["packages"] if p["name"] != "tributary"]
        self.assertEqual(sorted(packages), sorted(installed.splitlines()))
        self.assertIn("librocksdb7.8", installed)
        ids = [part["SPDXID"] for kind in ("packages", "files") for part in told[kind]]
        self.assertEqual(len(ids), len(set(ids)))
        for part in ids:
            self.assertRegex(part, r"^SPDXRef-[A-Za-z0-9.-]+$")
        self.assertEqual({file["fileName"] for file in told["files"]},
                         {f"/usr/bin/{name}" for name in (*PROGRAMS.values(), "tributary")})
        for file in told["files"]:
            digest = run("sha256sum", f"{self.image.root}{file['fileName']}").split()[0]
            self.assertIn({"algorithm": "SHA256", "checksumValue": digest}, file["checksums"])

    def test_a_cluster_of_it_runs_with_what_the_chart_renders(self):
        """Certificates and token by its own `tributary`, the rest as mounted; on loopback in place of pods' networks."""
        folder = self.image.dir / "cluster"
        run(BIN / "tributary", "certs", folder / "certs", "--cluster", "tributary", "--agents", "1", "--proxies", "1",
            "--globals", "1")
        ports = {name: free_port() for name in ("8125", "8126", "8127", "8128", "8129", "8130")}
        configs = {thing["metadata"]["labels"]["app.kubernetes.io/component"]: thing["data"]["config.yaml"]
                   for thing in objects(template("--set", "config.interval=1s,agents.hostStatistics.enabled=false"))
                   if thing["kind"] == "ConfigMap"}
        children = []

        def stop():
            for child in children:
                child.send_signal(signal.SIGTERM)
            return [child.wait(timeout=60) for child in children]
        self.addCleanup(lambda: [child.kill() for child in children])
        for tier, program in PROGRAMS.items():
            text = configs[tier]
            for port, free in ports.items():
                text = text.replace(f"0.0.0.0:{port}", f"127.0.0.1:{free}")
            text = re.sub(r"(?m)^  - tributary-proxy-headless.*$", f"  - 127.0.0.1:{ports['8127']}", text)
            text = text.replace("service: tributary-global", 'service: ""').replace("members: []", "members: [{id: "
                                f"global-0, address: '127.0.0.1:{ports['8129']}'}}]").replace(
                                "namespace: metrics", 'namespace: ""').replace("port: grpc", 'port: ""')
            for part in ("config", "tls", "token", "state", "sockets"):
                (folder / tier / part).mkdir(parents=True)
            (folder / tier / "config" / "config.yaml").write_text(text)
            (folder / tier / "token" / "token").write_text("0123456789abcdef0123456789abcdef")
            for ours, theirs in ((f"{tier}-0.crt", "tls.crt"), (f"{tier}-0.key", "tls.key"), ("ca.crt", "ca.crt")):
                shutil.copy(folder / "certs" / ours, folder / tier / "tls" / theirs)
            run("chown", "-R", f"{USER}:{USER}", folder / tier)
            binds = [(folder / tier / part, f"/etc/tributary/{part}") for part in ("config", "tls", "token")]
            binds += [(folder / tier / "state", "/var/lib/tributary"), (folder / tier / "sockets", "/run/datadog")]
            for _, target in binds:
                (self.image.root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
            environment = {"PATH": os.environ["PATH"], "TRIBUTARY_NODE_ID": "global-0"} if tier == "global" else \
                {"PATH": os.environ["PATH"]}
            log = open(folder / f"{tier}.log", "wb")
            self.addCleanup(log.close)
            children.append(subprocess.Popen(self.image.command(program, "--config", "/etc/tributary/config/config.yaml",
                                                                binds=binds), stdout=log, stderr=log, env=environment))
        ask = ["tributary", "query", "p50", "api.latency", "--last", "1m", "-o", "csv", "--proxy",
               f"https://localhost:{ports['8128']}", "--ca-file", folder / "certs" / "ca.crt"]
        end = time.monotonic() + 90
        while True:
            run(BIN / "tributary", "emit", "timer", "api.latency", "20ms", "--to", f"udp://127.0.0.1:{ports['8125']}")
            done = subprocess.run([BIN / ask[0], *ask[1:]], capture_output=True, text=True, timeout=30)
            if done.returncode == 0 and "20" in done.stdout:
                break
            logs = "".join(path.read_text() for path in folder.glob("*.log"))
            self.assertLess(time.monotonic(), end, done.stderr + logs)
            time.sleep(0.5)
        self.assertEqual(stop(), [0, 0, 0], "".join(path.read_text() for path in folder.glob("*.log")))
        self.assertTrue(list((folder / "global" / "state" / "global").iterdir()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
