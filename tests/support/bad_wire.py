"""A wire of its own for one host of a Network: what it sends and gets passes through this process, which delays every
frame, and some of them longer than those behind, so that they come out of order.

    with BadWire(host, delay_s=0.2, late_percent=5, late_s=0.03): ...

Two TAP devices joined by a thread; needs /dev/net/tun.
"""
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import threading
import time

from network import _run, inside

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
MAX_FRAME = 65536
MAX_HELD = 10_000  # frames; more are lost, as in a full queue


def available():
    return os.access("/dev/net/tun", os.R_OK | os.W_OK)


def _tap(namespace, name):
    def make():
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        return device

    return inside(namespace, make)


class BadWire:
    """From the start of the block the host's eth0 is such a device, with the address it had."""

    def __init__(self, network, host, delay_s=0.0, late_percent=0, late_s=0.0, seed=1):
        self.network, self.host = network, host
        self.delay_s, self.late_percent, self.late_s = delay_s, late_percent, late_s
        self.random = random.Random(seed)
        self.held, self.order = [], itertools.count()  # (due, order, device, frame)
        self.overtaken = 0  # frames that were sent after one behind them
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        space, switch, port = self.host.namespace, self.network.name, f"wire{self.host.address.rsplit('.', 1)[1]}"
        _run("ip", "-n", space, "link", "del", "eth0")
        self.near, self.far = _tap(space, "eth0"), _tap(switch, port)
        # Whole segments of TCP would not be frames.
        _run("ip", "-n", switch, "link", "set", port, "master", "switch", "up")
        _run("ip", "-n", space, "addr", "add", f"{self.host.address}/24", "dev", "eth0")
        _run("ip", "-n", space, "link", "set", "eth0", "up")
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        os.close(self.near)
        os.close(self.far)

    def run(self):
        newest = {self.near: -1, self.far: -1}
        while not self.stopping.is_set():
            wait = min(0.2, max(0.0, self.held[0][0] - time.monotonic())) if self.held else 0.2
            for device in select.select([self.near, self.far], [], [], wait)[0]:
                self.take(device, self.far if device == self.near else self.near)
            while self.held and self.held[0][0] <= time.monotonic():
                _, number, device, frame = heapq.heappop(self.held)
                self.overtaken += number < newest[device]
                newest[device] = max(newest[device], number)
                try:
                    os.write(device, frame)
                except BlockingIOError:
                    pass  # lost, as on a wire

    def take(self, source, target):
        try:
            frame = os.read(source, MAX_FRAME)
        except BlockingIOError:
            return
        late = self.late_s * self.random.random() if self.random.uniform(0, 100) < self.late_percent else 0
        if len(self.held) < MAX_HELD:
            heapq.heappush(self.held, (time.monotonic() + self.delay_s + late, next(self.order), target, frame))
