"""The .deb packages of a build folder, made once for a test and taken apart."""
import pathlib
import re
import subprocess

from cluster import BIN

TIERS = ["local", "proxy", "global"]
NAMES = ["tributary", "tributary-common", *(f"tributary-{tier}" for tier in TIERS)]


def run(*command, timeout=120, **options):
    """Standard output; a failure shows all that was said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_packages(folder):
    """{name: path}, from the programs that are built; stripped and little compressed, for speed."""
    run("cpack", "--config", BIN.parent / "CPackConfig.cmake", "-B", folder, "-D", "CPACK_STRIP_FILES=ON",
        "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", timeout=300)
    return {path.name.split("_")[0]: path for path in pathlib.Path(folder).glob("*.deb")}


def contents(deb):
    """{path: (mode, owner)} of a package; folders without their last slash."""
    found = {}
    for line in run("dpkg-deb", "--contents", deb).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        found["/" + path.removeprefix("./").rstrip("/")] = (mode, owner)
    return found


def fields(deb):
    """{field: value} of a package's control file."""
    text = re.sub(r"\n ", " ", run("dpkg-deb", "--field", deb))
    return dict(line.split(": ", 1) for line in text.strip().splitlines())
