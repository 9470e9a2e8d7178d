"""What the protocol costs on the wire beside the sketches it carries: 2,000 series of one agent, at each hop.

    agent-0 -> relay -> proxy -> relay -> global-0, relay -> global-1, relay -> global-2        interval 2 s
"""
import os
import re
import sys
import unittest

from cluster import Cluster
from counting_relay import CountingRelay

INTERVALS = int(os.environ.get("WIRE_COST_INTERVALS", "4"))
BAR = 0.10
# As in a service's fleet: half counters, a third timers.
SERIES = {b"c": 1000, b"ms": 700, b"g": 200, b"s": 100}
SAMPLES = {b"c": 2, b"ms": 10, b"g": 1, b"s": 10}
LINES_PER_DATAGRAM = 20


def lines(turn):
    """One interval's samples of every series."""
    number = 0
    for kind, count in SERIES.items():
        for n in range(count):
            for k in range(SAMPLES[kind]):
                number += 1
                value = b"%d.%02d" % (n % 90 + k * 7 + turn, number % 100) if kind == b"ms" else b"%d" % (number * 7919 % 1000)
                name = b"shop.%s.%s" % ((b"checkout", b"search", b"cart", b"login")[n % 4], (b"calls", b"latency")[kind == b"ms"])
                yield b"%s.%s:%s|%s|#endpoint:/v1/items/%d,region:eu-west,env:prod" % (name, kind, value, kind, n)


def redirect(process, from_port, to_port):
    text = process.config.read_text()
    assert f":{from_port}" in text, text
    process.config.write_text(text.replace(f":{from_port}", f":{to_port}"))


class WireCostTest(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(agents=1, globals_=3, interval="2s")
        grpc = re.search(r'proxies:.*?127\.0\.0\.1:(\d+)', self.cluster.agents[0].config.read_text(), re.DOTALL).group(1)
        self.agent_hop = self.put_before(self.cluster.agents[0], int(grpc))
        ports = re.findall(r'address: "127\.0\.0\.1:(\d+)"', self.cluster.proxy.config.read_text())
        self.global_hops = [self.put_before(self.cluster.proxy, int(port)) for port in ports]

    def put_before(self, process, port):
        relay = CountingRelay(port)
        self.addCleanup(relay.close)
        redirect(process, port, relay.port)
        return relay

    def test_the_protocol_adds_at_most_a_tenth_to_the_sketches(self):
        with self.cluster as cluster:
            agent = cluster.agents[0]
            self.send(agent, 0)  # the first interval has the connections' beginnings
            cluster.wait_for(lambda: self.is_committed(agent), 60, "the first interval")
            before = self.figures(agent)
            for turn in range(1, INTERVALS + 1):
                self.send(agent, turn)
                cluster.wait_for(lambda: self.is_committed(agent), 60, f"turn {turn}")
            figures = {name: value - before[name] for name, value in self.figures(agent).items()}
            cluster.assert_books_balance(self)
        self.report(figures)
        # An interval that passes without data, as on a slow machine, adds its markers: the way back has room for some.
        for hop in ("agent", "globals"):
            self.assertLess(figures[f"{hop}_up"] / figures["payload"] - 1, BAR, hop)
            self.assertLess(figures[f"{hop}_down"] / figures["payload"], BAR / 2, hop)

    def send(self, agent, turn):
        batch = list(lines(turn))
        agent.send_unix(*[b"\n".join(batch[i:i + LINES_PER_DATAGRAM]) for i in range(0, len(batch), LINES_PER_DATAGRAM)])
        self.sent = getattr(self, "sent", 0) + len(batch)

    def is_committed(self, agent):
        return agent.metric("tributary_local_samples_committed_total") >= self.sent

    def figures(self, agent):
        return {
            "units": agent.metric("tributary_local_units_sent_total"),
            "payload": agent.metric("tributary_local_payload_bytes_sent_total"),
            "agent_up": self.agent_hop.up, "agent_down": self.agent_hop.down,
            "globals_up": sum(hop.up for hop in self.global_hops),
            "globals_down": sum(hop.down for hop in self.global_hops),
        }

    def report(self, figures):
        payload = figures["payload"]
        print(f"{figures['units'] / INTERVALS:.0f} units and {payload / INTERVALS:.0f} payload bytes an interval", file=sys.stderr)
        for hop in ("agent_up", "agent_down", "globals_up", "globals_down"):
            over = figures[hop] - (payload if hop.endswith("up") else 0)
            print(f"{hop}: {figures[hop] / INTERVALS:.0f} bytes an interval, {100 * over / payload:.1f} % beside the payload",
                  file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
