"""A Debian system of its own, made by debootstrap and booted by systemd-nspawn, without a way to the network.

    with CleanRoot(folder) as root:          # as root, where namespaces are permitted
        root.fetch(packages)                 # what they depend on, while there still is a network
        root.boot()
        root.run("apt-get", "install", ...)
"""
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import time

from packages import run

# What changes by itself, and what apt and dpkg keep of packages that are gone.
VOLATILE = ("/dev", "/proc", "/run/log", "/run/systemd", "/run/udev", "/sys", "/tmp", "/var/cache", "/var/lib/apt",
            "/var/lib/dpkg", "/var/lib/systemd/random-seed", "/var/lib/systemd/timers", "/var/log", "/var/tmp",
            "/run/credentials", "/run/host")


def debian_sources():
    """[(address, suite)] of this machine's own sources of its release; the first has the base system."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    told = run("apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI) $(RELEASE)", "Created-By: Packages")
    found = sorted({tuple(line.split()[1:]) for line in told.splitlines() if line.startswith("Debian")})
    return sorted(found, key=lambda source: source[1] != codename)


class CleanRoot:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.container = self.leader = self.console = None

    def __enter__(self):
        sources = debian_sources()
        run("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", sources[0][1], self.dir,
            sources[0][0], timeout=1200)
        (self.dir / "etc/apt/sources.list").write_text(
            "".join(f"deb {address} {suite} main\n" for address, suite in sources))
        return self

    def __exit__(self, *_):
        if self.container is not None and self.container.poll() is None:
            os.kill(self.leader or self.container.pid, signal.SIGKILL)
            self.container.wait(timeout=60)
            self.console.close()
        shutil.rmtree(self.dir)

    def nspawn(self, *command):
        return ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "-D", str(self.dir), *command]

    def fetch(self, *command):
        """Runs a command before the system is up, with this machine's network."""
        return run(*self.nspawn("--resolv-conf=replace-host", "--setenv=DEBIAN_FRONTEND=noninteractive", *command),
                   timeout=900, stdin=subprocess.DEVNULL)

    def boot(self):
        self.console = open(self.dir.parent / "console.log", "wb")
        self.container = subprocess.Popen(self.nspawn("--private-network", "--console=pipe", "--boot"),
                                          stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        self.wait_for(self.is_up, 120, "boot")

    def is_up(self):
        """Its first process is the child of systemd-nspawn that is left when the others have made its namespaces."""
        children = pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text().split()
        self.leader = int(children[0]) if children else None
        return children and self.ask("systemctl", "is-system-running") in ("running", "degraded")

    def inside(self, *command):
        return ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8",
                *map(str, command)]

    def run(self, *command, timeout=300):
        """Runs a command in the booted system."""
        return run(*self.inside(*command), timeout=timeout, stdin=subprocess.DEVNULL)

    def ask(self, *command):
        """What a command says, whatever its exit status."""
        return subprocess.run(self.inside(*command), capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL).stdout.strip()

    def in_its_network(self, *command, **options):
        """A process of this machine that sees the container's network."""
        return subprocess.Popen(["nsenter", f"--target={self.leader}", "--net", *command], **options)

    def files(self):
        """Every path of the system that does not change by itself."""
        found = self.run("find", "/", "-path", "/proc", "-prune", "-o", "-path", "/sys", "-prune", "-o", "-print")
        return {path for path in found.splitlines()
                if not any(path == folder or path.startswith(folder + "/") for folder in VOLATILE)}

    @staticmethod
    def wait_for(condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")
            time.sleep(0.2)
