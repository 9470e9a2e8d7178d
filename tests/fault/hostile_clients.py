"""Clients that do what none should, those that behave beside them, and what a cluster may take of memory meanwhile."""
import resource
import socket
import threading
import time

MIB = 1 << 20
CONNECTIONS = 10_000
MAX_CONNECTIONS = 512
DESCRIPTORS = CONNECTIONS + 2 * MAX_CONNECTIONS + 1000
# docs/operations.md: 200,000 series of 0.5 KiB and 64 MiB of names; connections of 128 KiB; forward.memory_bytes and
# retain_bytes; and what a process has anyway.
AGENT_BOUND = 100 * MIB + 64 * MIB + MAX_CONNECTIONS * MIB // 8 + 64 * MIB + 16 * MIB + 64 * MIB
# grpc.owner_queue_bytes and agent_queue_bytes, 256 connections of pages with 128 KiB each, and the process.
PROXY_BOUND = 8 * MIB + 8 * MIB + 32 * MIB + 80 * MIB
# store.cache_bytes; 8 write buffers of 16 MiB, twice while they are flushed; pages; what an agent's limits let through; and the
# process.
GLOBAL_BOUND = 64 * MIB + 256 * MIB + 32 * MIB + 64 * MIB + 80 * MIB
BOUNDS = {"agent-0": AGENT_BOUND, "proxy": PROXY_BOUND, "global-0": GLOBAL_BOUND}


def connect(address, timeout=10, source=None):
    """To (host, port) or a path."""
    s = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(timeout)
    if source is not None:
        s.bind((source, 0))
    end = time.monotonic() + timeout
    while True:
        try:
            s.connect(address)
            return s
        except BlockingIOError:  # a unix socket whose queue of connections is full
            if time.monotonic() > end:
                raise
            time.sleep(0.001)


def allow_descriptors(count):
    """This process and those it starts may have so many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(count, hard), max(count, hard)))
    except (ValueError, OSError) as error:
        raise AssertionError(f"{count} descriptors are needed, {hard} are allowed: ulimit -Hn") from error


def hold(address, says):
    """10,000 connections, each of which says the next of `says` and nothing more."""
    held = []
    try:
        for i in range(CONNECTIONS):
            # From many addresses, as a fleet has.
            source = f"127.0.{1 + i % 4}.{1 + i % 200}" if isinstance(address, tuple) else None
            held.append(connect(address, source=source))
            try_send(held[-1], says[i % len(says)])
    except BaseException:
        close_all(held)
        raise
    return held


def close_all(held):
    for s in held:
        s.close()


def try_send(s, data):
    """The other side may have closed already."""
    try:
        s.sendall(data)
    except OSError:
        pass


class Steady(threading.Thread):
    """A client that behaves: one line every 10 ms, until told to stop."""

    def __init__(self, name, send):
        super().__init__(daemon=True)
        self.name, self.send, self.sent, self.failure = name, send, 0, None
        self.over = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.over.wait(0.01):
                self.send(f"{self.name}:1|c\n".encode())
                self.sent += 1
        except OSError as error:
            self.failure = error

    def finish(self):
        self.over.set()
        self.join(30)
        return self.sent


class Peaks(threading.Thread):
    """The most memory that each process has had since the last look."""

    def __init__(self, processes):
        super().__init__(daemon=True)
        self.processes, self.peaks, self.over = processes, {}, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            for process in self.processes:
                self.peaks[process.name] = max(self.peaks.get(process.name, 0), process.resident_bytes())

    def take(self):
        return {process.name: max(self.peaks.pop(process.name, 0), process.resident_bytes())
                for process in self.processes}


def assert_memory_within_bounds(test, peaks):
    peaks = peaks.take()
    print("peaks of memory, MiB:", {name: (peak >> 20, f"of {BOUNDS[name] >> 20}") for name, peak in peaks.items()})
    for name, peak in peaks.items():
        test.assertLess(peak, BOUNDS[name], name)
