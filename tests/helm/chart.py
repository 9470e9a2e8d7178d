"""The chart under test: what Helm makes of it and a set of values."""
import functools
import pathlib
import subprocess
import tempfile

import yaml
from go_tools import HELM, installed

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "tributary"
SETS = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
NAMESPACE = "metrics"


def helm(*arguments):
    return subprocess.run([installed(HELM), *map(str, arguments)], capture_output=True, text=True, timeout=60)


def template(*arguments):
    """The rendered text; an error is raised with Helm's words."""
    done = helm("template", "tributary", CHART, "--namespace", NAMESPACE, "--kube-version", "1.26.15", *arguments)
    if done.returncode != 0:
        raise ValueError(done.stderr)
    return done.stdout


def refused(values):
    """What Helm says of values that are wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        try:
            template("--values", file.name)
        except ValueError as error:
            return str(error)
    raise AssertionError(f"taken: {values}")


@functools.lru_cache(maxsize=None)
def objects(text):
    """What the text has; not to be changed."""
    return [thing for thing in yaml.load_all(text, yaml.CSafeLoader) if thing]


def pod_of(thing):
    """The pod's metadata and spec that an object makes, or None."""
    kind = thing["kind"]
    if kind == "Pod":
        return thing
    if kind == "CronJob":
        return thing["spec"]["jobTemplate"]["spec"]["template"]
    return thing["spec"]["template"] if kind in ("DaemonSet", "Deployment", "StatefulSet", "Job") else None
