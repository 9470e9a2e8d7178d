"""What the scenarios share: a cluster with plain settings, the generator, and what a process has used."""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess

import cluster

CONFIG = pathlib.Path(__file__).resolve().parent / "config"
TICKS = os.sysconf("SC_CLK_TCK")


class LoadCluster(cluster.Cluster):
    """A Cluster of bench/load/config instead of the demo's."""

    def render(self, template, **values):
        text = (CONFIG / f"{template}.yaml.in").read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        return text


def cpu_seconds(pid):
    """(user, system) of a process and its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def load_command(to, *arguments):
    return [str(cluster.BIN / "tributary-load"), "-o", "json", "--to", str(to), *map(str, arguments)]


def load(to, *arguments, timeout=600):
    """The report of one run of the generator."""
    done = subprocess.run(load_command(to, *arguments), capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"tributary-load: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def load_agent(agent, *arguments, to=None):
    return load(to or f"udp://127.0.0.1:{agent.udp_port}", "--pid", agent.child.pid, "--agent-http", agent.url, *arguments)


class Sink:
    """`tributary-load sink`: what the kernel alone costs."""

    def __enter__(self):
        self.child = subprocess.Popen([cluster.BIN / "tributary-load", "sink"], stdout=subprocess.PIPE, text=True)
        self.address = self.child.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        self.counts = json.loads(self.child.communicate(timeout=10)[0])


def sink_ns_per_line(*arguments):
    """CPU of the bare receiver per line that it was sent."""
    with Sink() as sink:
        sent = load(sink.address, "--pid", sink.child.pid, *arguments)
    return sink.counts["cpu_seconds"] * 1e9 / (sent["lines"] * sink.counts["datagrams"] / sent["payloads"])


def bytes_sent_to(port):
    """Of the open TCP connections to a port of this machine, as the kernel counts them."""
    text = subprocess.run(["ss", "-tinH", "dport", "=", f":{port}"], capture_output=True, text=True, check=True).stdout
    return sum(int(n) for n in re.findall(r"bytes_sent:(\d+)", text))


def median(values):
    return statistics.median(values)
