"""What a series costs the proxy and the owner, in a cluster on this machine."""
import subprocess
import time

from measure import LoadCluster, bytes_sent_to, cpu_seconds, load_command

AGENTS, SAMPLES, INTERVAL_S = 2, 10, 10


class Usage:
    """CPU of the tiers and what went through them, since it was made."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.before = self.read()

    def read(self):
        c = self.cluster
        return {"time": time.monotonic(),
                "proxy": sum(cpu_seconds(c.proxy.child.pid)),
                "global": sum(sum(cpu_seconds(g.child.pid)) for g in c.globals),
                "samples": sum(a.metric("tributary_local_samples_committed_total") for a in c.agents),
                "bytes": bytes_sent_to(c.proxy_port)}

    def since(self):
        now = self.read()
        return {key: now[key] - self.before[key] for key in now}


def settle(cluster):
    """Until every sample of every agent is committed."""
    cluster.wait_for(lambda: all(a.metric("tributary_local_samples_pending") == 0 and
                                 a.metric("tributary_local_samples_committed_total") ==
                                 a.metric("tributary_local_samples_accepted_total") for a in cluster.agents),
                     60, "everything committed")


def per_series(options, kind, keys):
    with LoadCluster(agents=AGENTS, globals_=1, interval=f"{INTERVAL_S}s") as cluster:
        cluster.proxy_port = int(cluster.agents[0].config.read_text().split('proxies: ["127.0.0.1:')[1].split('"')[0])
        time.sleep(INTERVAL_S)
        idle = Usage(cluster)
        time.sleep(2 * INTERVAL_S)
        idle = idle.since()
        busy = Usage(cluster)
        senders = [subprocess.Popen(load_command(f"unixgram://{a.socket_path}", "--types", kind, "--keys", keys,
                                                 "--rate", keys * SAMPLES / INTERVAL_S, "--payload", 8000,
                                                 "--lines", keys * SAMPLES * options.intervals, "--duration", "10m"),
                                    stdout=subprocess.DEVNULL) for a in cluster.agents]
        for sender in senders:
            if sender.wait(timeout=600) != 0:
                raise RuntimeError("tributary-load failed")
        settle(cluster)
        busy = busy.since()
    series = busy["samples"] / SAMPLES
    share = busy["time"] / idle["time"]
    return {"proxy us per series": (busy["proxy"] - idle["proxy"] * share) * 1e6 / series,
            "global us per series": (busy["global"] - idle["global"] * share) * 1e6 / series,
            "wire B per series": (busy["bytes"] - idle["bytes"] * share) / series,
            "series": series,
            "idle proxy %": 100 * idle["proxy"] / idle["time"],
            "idle global %": 100 * idle["global"] / idle["time"]}


def tiers_timers(options):
    """CPU and bytes per timer series of 10 samples, 2 agents with the same 50,000 keys; bars: proxy 1 us, global 3 us"""
    return per_series(options, "ms", 50_000)


def tiers_timers_few(options):
    """The same with 5,000 keys: units of one series"""
    return per_series(options, "ms", 5_000)


def tiers_counters(options):
    """The same for counters, 50,000 keys"""
    return per_series(options, "c", 50_000)


SCENARIOS = [tiers_timers, tiers_timers_few, tiers_counters]
