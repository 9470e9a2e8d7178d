"""Tools and files of Go modules, at pinned versions. They stay in the user's cache, so that clones share them."""
import fcntl
import json
import os
import pathlib
import subprocess

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tributary"
SECONDS_TO_BUILD = 900

HELM = ("helm.sh/helm/v3/cmd/helm", "v3.11.3")
KUBERNETES = ("k8s.io/kubernetes", "v1.26.15")
CERT_MANAGER = ("github.com/cert-manager/cert-manager", "v1.11.5")
PROMETHEUS_OPERATOR = ("github.com/prometheus-operator/prometheus-operator", "v0.65.2")


def go(*arguments, **environment):
    done = subprocess.run(["go", *arguments], capture_output=True, text=True, timeout=SECONDS_TO_BUILD, cwd="/",
                          env={**os.environ, "GOFLAGS": "", **environment})
    assert done.returncode == 0, f"go {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def installed(tool):
    """The program of a package, built when it is not there yet."""
    package, version = tool
    folder = CACHE / f"{package.rsplit('/', 1)[1]}-{version}"
    program = folder / package.rsplit("/", 1)[1]
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests beside this one
        if not program.exists():
            go("install", "-trimpath", f"{package}@{version}", GOBIN=str(folder))
    return program


def module(name_and_version):
    """The folder of a module's files."""
    return pathlib.Path(json.loads(go("mod", "download", "-json", "@".join(name_and_version)))["Dir"])
