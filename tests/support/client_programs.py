"""Builds the programs of tests/integration/clients, each with its language's own package manager at pinned versions.

What is built stays in <build folder>/clients/<name> until one of its sources changes. Each function returns the command
that the arguments of a client are appended to.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from cluster import BIN
from leave_out import leave_out

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "integration" / "clients"
SECONDS_TO_BUILD = 300


def run(*command, cwd, **environment):
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, timeout=SECONDS_TO_BUILD, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"


def fetch(*command, cwd):
    """What a language's repository must give. Where that is not within reach, its client is left out."""
    try:
        run(*command, cwd=cwd)
    except AssertionError as failure:
        leave_out(f"not at hand: {failure}")


def built(name, build):
    """The folder of a client, in which `build(folder)` has found a copy of its sources."""
    return built_from(SOURCES / name, build)


def built_from(sources, build):
    """The same of any folder."""
    folder = BIN.resolve().parent / "clients" / sources.name
    digest = hashlib.sha256()
    for path in sorted(path for path in sources.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(sources)).encode() + b"\0" + path.read_bytes())
    stamp = folder / ".built"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(sources, folder)
        build(folder)
        stamp.write_text(digest.hexdigest())
    return folder


def datadog_go():
    """The machine's Go toolchain, or Debian's golang-go."""
    return [built("datadog_go", lambda folder: run("go", "build", "-o", "client", ".", cwd=folder)) / "client"]


def datadog_py():
    def build(folder):
        run("/usr/bin/python3", "-m", "venv", "venv", cwd=folder)
        run("venv/bin/pip", "install", "--quiet", "--requirement", "requirements.txt", cwd=folder)
    folder = built("datadog_py", build)
    return [folder / "venv/bin/python3", folder / "main.py"]


def hot_shots():
    def build(folder):
        # unix-dgram is compiled: against the headers that came with node, for there may be no others within reach.
        prefix = pathlib.Path(shutil.which("node")).resolve().parents[1]
        headers = {"npm_config_nodedir": str(prefix)} if (prefix / "include/node/node.h").exists() else {}
        run("npm", "ci", "--no-audit", "--no-fund", cwd=folder, **headers)
    return ["node", built("hot_shots", build) / "main.js"]


def java(main):
    def build(folder):
        fetch("mvn", "--batch-mode", "--quiet",
              "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies", "-DoutputDirectory=lib",
              cwd=folder)
        run("javac", "-encoding", "UTF-8", "-cp", "lib/*", "-d", "classes", *(p.name for p in folder.glob("*.java")),
            cwd=folder)
    folder = built("java", build)
    return ["java", "-Dstdout.encoding=UTF-8", "-cp", f"{folder}/lib/*:{folder}/classes", main]


def cadence():
    def build(folder):
        fetch("cargo", "fetch", "--quiet", cwd=folder)
        run("cargo", "build", "--release", "--offline", "--quiet", cwd=folder)
    folder = built("cadence", build)
    return [folder / "target/release/cadence_client"]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(*globals()[name]())
