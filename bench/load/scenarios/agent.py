"""What a line costs an agent, and what it keeps in memory."""
from measure import LoadCluster, load_agent, sink_ns_per_line

MIX = ["--types", "c,ms,s", "--keys", 1000]


def per_line(options, *arguments):
    """Nanoseconds of CPU per line read, of the agent and of a receiver that does nothing."""
    arguments = [*MIX, *arguments, "--duration", f"{options.seconds}s"]
    with LoadCluster(agents=1, globals_=1, interval="10s") as cluster:
        report = load_agent(cluster.agents[0], *arguments)
    read = report["agent"]["lines"]
    scale = report["lines"] / read
    return {"ns per line": report["target"]["cpu_ns_per_line"] * scale,
            "of it user": report["target"]["user_ns_per_line"] * scale,
            "kernel alone": sink_ns_per_line(*arguments),
            "lost %": 100 * report["agent"]["lost_share"],
            "lines/s": report["lines_per_second"],
            "generator's ns": report["own_cpu_ns_per_line"]}


def agent_packed(options):
    """CPU per line, 1,400-byte datagrams, 1,000 keys, 100,000 lines/s; bar 150 ns"""
    return per_line(options, "--payload", 1400, "--rate", 100_000)


def agent_packed_fast(options):
    """CPU per line, 1,400-byte datagrams, 1,000 keys, 500,000 lines/s; bar 150 ns"""
    return per_line(options, "--payload", 1400, "--rate", 500_000)


def agent_packed_full(options):
    """CPU per line, 1,400-byte datagrams, 1,000 keys, 1,000,000 lines/s; bar 150 ns"""
    return per_line(options, "--payload", 1400, "--rate", 1_000_000)


def agent_single(options):
    """CPU per line, one line per datagram, 1,000 keys, 50,000 lines/s; bar 1,500 ns"""
    return per_line(options, "--payload", 0, "--rate", 50_000)


def memory(options, kind):
    """Three intervals of 100,000 keys with ten samples each."""
    with LoadCluster(agents=1, globals_=1, interval="10s") as cluster:
        agent = cluster.agents[0]
        report = load_agent(agent, "--types", kind, "--keys", 100_000, "--rate", 100_000, "--duration", "32s")
        series = agent.metric("tributary_local_active_series")
    return {"peak MiB": report["target"]["peak_resident_bytes"] / 2**20,
            "series": series,
            "lost %": 100 * report["agent"]["lost_share"],
            "kernel drops": report["agent"]["kernel_drops"],
            "ns per line": report["target"]["cpu_ns_per_line"],
            "lines/s": report["lines_per_second"]}


def memory_timers(options):
    """Memory, 100,000 timer keys of 10 samples at 100,000 lines/s by UDP; bar 200 MiB, 0 loss"""
    return memory(options, "ms")


def memory_sets(options):
    """Memory, 100,000 set keys of 10 members at 100,000 lines/s by UDP; bar 250 MiB"""
    return memory(options, "s")


SCENARIOS = [agent_packed, agent_packed_fast, agent_packed_full, agent_single, memory_timers, memory_sets]
