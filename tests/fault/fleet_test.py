"""Six agents, two proxies, three globals and two storages, each on a host of its own network, and what may befall them:
every sample is committed once and reaches each storage once, and no percentile of a part of the fleet is told as whole.

usage: fleet_test.py [KillsTest | PausesTest | PartitionsTest | LinksTest | StoragesTest]
TRIBUTARY_FAULT_SCALE stretches every fault (default 1), TRIBUTARY_INTERVAL is the interval (default 1s).
"""
import os
import random
import signal
import subprocess
import sys
import pathlib
import time
import unittest

import bad_wire
import network
from fleet import GRPC, Fleet, Traffic

SCALE = float(os.environ.get("TRIBUTARY_FAULT_SCALE", "1"))
INTERVAL = os.environ.get("TRIBUTARY_INTERVAL", "1s")
SEED = int(os.environ.get("TRIBUTARY_SEED", "0")) or random.randrange(1, 1_000_000)
MEMORY_BYTES = 300 << 20


@unittest.skipUnless(network.available(), "needs root and nft")
class FleetTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        print(f"{self.id()}: seed {SEED}", flush=True)

    def intervals(self, count):
        """Lets time pass."""
        time.sleep(count * float(INTERVAL.rstrip("s")) * SCALE)

    def run_with(self, disturb, make=lambda: Fleet(interval=INTERVAL)):
        with make() as fleet:
            with Traffic(fleet) as traffic:
                fleet.traffic = traffic
                self.intervals(2.5)
                disturb(fleet)
                healed, sent = time.monotonic(), traffic.samples
                fleet.wait_for(lambda: fleet.total("fleet.hits") >= sent, 60, "what was sent under the fault, in the sinks")
                print(f"{self.id()}: recovered {(time.monotonic() - healed) / fleet.interval_s:.1f} intervals after it", flush=True)
                self.intervals(1.5)
            fleet.assert_exact(self, traffic)
            for process in fleet.processes:
                self.assertLess(process.resident_bytes(), MEMORY_BYTES, process.name)


class KillsTest(FleetTest):
    def test_proxies_and_globals_killed_by_chance(self):
        def disturb(fleet):
            for _ in range(6):
                victim = self.random.choice([*fleet.globals, *fleet.proxies])
                victim.kill()
                self.intervals(self.random.uniform(0, 1))
                victim.start()
                self.intervals(self.random.uniform(1, 3))
        self.run_with(disturb)

    def test_all_proxies_and_globals_killed_at_once(self):
        def disturb(fleet):
            victims = [*fleet.globals, *fleet.proxies]
            for process in victims:
                process.signal(signal.SIGKILL)
            for process in victims:
                process.child.wait(timeout=10)
            self.intervals(1)
            for process in victims:
                process.start()
            self.intervals(1)
        self.run_with(disturb)


class PausesTest(FleetTest):
    def pause(self, process, intervals):
        process.signal(signal.SIGSTOP)
        self.intervals(intervals)
        process.signal(signal.SIGCONT)

    def test_a_global_and_a_proxy_frozen_in_turn(self):
        def disturb(fleet):
            self.pause(fleet.globals[1], 12)
            self.intervals(2)
            self.pause(fleet.proxies[0], 4)
            for _ in range(4):
                self.pause(self.random.choice([*fleet.globals, *fleet.proxies]), self.random.uniform(0.3, 1.5))
                self.intervals(self.random.uniform(0, 0.5))
        self.run_with(disturb)


class PartitionsTest(FleetTest):
    LONG = 6  # intervals: below the nine that an incomplete window is held

    def cut_for(self, fleet, some, others, both=True):
        fleet.network.cut(fleet.hosts(some), fleet.hosts(others), both)
        turns = fleet.traffic.sent
        self.intervals(self.LONG)
        # One way, what is sent before TCP's first retransmission still arrives; then it waits for answers.
        arrived = 1 if both else (fleet.traffic.sent - turns) // 2
        self.assertLessEqual(min(fleet.hits_by_series().values()), (turns + arrived) * len(fleet.agents),
                             "the cut was not felt")
        fleet.network.heal()

    def test_a_global_is_cut_off(self):
        self.run_with(lambda fleet: self.cut_for(fleet, fleet.globals[:1], fleet.proxies))

    def test_a_proxy_is_cut_off_from_the_globals(self):
        self.run_with(lambda fleet: self.cut_for(fleet, fleet.proxies[:1], fleet.globals))

    def test_agents_are_cut_off(self):
        self.run_with(lambda fleet: self.cut_for(fleet, fleet.agents[:2], fleet.proxies))

    def test_what_globals_answer_is_lost(self):
        self.run_with(lambda fleet: self.cut_for(fleet, fleet.globals[1:], fleet.proxies, both=False))

    def test_a_cut_that_outlasts_the_hold_is_told_as_partial_and_then_whole(self):
        def disturb(fleet):
            fleet.network.cut(fleet.hosts(fleet.agents[:2]), fleet.hosts(fleet.proxies))
            self.intervals(10)
            # Deadlines start anew when a global has not run for an interval, on a busy machine.
            fleet.wait_for(lambda: any(row["partial"] for row in fleet.rows_of("fleet.wait")), 90, "partial rows")
            partial = [row for row in fleet.rows_of("fleet.wait") if row["partial"]]
            self.assertEqual([row for row in partial if row.get("percentiles")], [])
            fleet.network.heal()
        self.run_with(disturb)

    def test_a_link_that_flaps(self):
        def disturb(fleet):
            for _ in range(6):
                fleet.network.cut(fleet.hosts(fleet.globals[:2]), fleet.hosts(fleet.proxies[:1]))
                self.intervals(self.random.uniform(0.3, 1))
                fleet.network.heal()
                self.intervals(self.random.uniform(0.2, 0.6))
        self.run_with(disturb)


class LinksTest(FleetTest):
    def test_five_of_a_hundred_packets_are_lost(self):
        def disturb(fleet):
            fleet.network.lose(5, fleet.hosts(fleet.globals, fleet.proxies, fleet.agents))
            self.intervals(8)
            fleet.network.heal()
        self.run_with(disturb)

    @unittest.skipUnless(bad_wire.available(), "needs /dev/net/tun")
    def test_five_of_a_hundred_packets_come_out_of_order_and_all_late(self):
        """A proxy and a global are 100 ms from everybody, and 200 ms from each other."""
        def disturb(fleet):
            self.intervals(6)
            for wire in fleet.wires:
                self.assertGreater(wire.overtaken, 0, "no packet came out of order")

        class BadlyWired(Fleet):
            wires = ()

            def build(self, *sizes):
                super().build(*sizes)
                self.wires = [bad_wire.BadWire(self.network, process.host, delay_s=0.1, late_percent=5, late_s=0.05, seed=SEED).__enter__()
                              for process in (self.proxies[0], self.globals[0])]

            def __exit__(self, *error):
                super().__exit__(*error)
                for wire in self.wires:
                    wire.__exit__()

        self.run_with(disturb, lambda: BadlyWired(interval=INTERVAL))

    def test_a_narrow_and_slow_way_to_the_proxies(self):
        """Two agents reach a proxy by a relay that delays all by 200 ms and passes 64 KiB a second."""
        class FarFleet(Fleet):
            relay = None

            def build(self, *sizes):
                super().build(*sizes)
                host = self.network.host("relay")
                words = [sys.executable, pathlib.Path(__file__).parents[1] / "support" / "slow_relay.py", f"{host.address}:{GRPC}",
                         f"{self.proxies[0].host.address}:{GRPC}", "0.2", str(64 << 10)]
                self.relay = subprocess.Popen(host.command(words))
                for agent in self.agents[:2]:
                    text = agent.config.read_text().replace(self.proxies[0].host.address, host.address)
                    agent.config.write_text(text.replace(f', "{self.proxies[1].host.address}:{GRPC}"', "")
                                            .replace(f'"{self.proxies[1].host.address}:{GRPC}", ', ""))

            def __exit__(self, *error):
                if self.relay is not None:
                    self.relay.kill()
                    self.relay.wait()
                super().__exit__(*error)

        self.run_with(lambda fleet: self.intervals(6), lambda: FarFleet(interval=INTERVAL))


class StoragesTest(FleetTest):
    def each(self, fleet, **fault):
        for storage in fleet.storages.values():
            for name, value in fault.items():
                setattr(storage, name, value)

    def test_storages_that_fail(self):
        def disturb(fleet):
            for fault in [(503, False), (429, False), (500, True)]:
                self.each(fleet, fault=fault)
                self.intervals(3)
                self.each(fleet, fault=None)
                self.intervals(1)
            self.each(fleet, delay_s=1.5 * fleet.interval_s)  # beyond the sinks' patience: taken, and not known as such
            self.intervals(4)
            self.each(fleet, delay_s=0)
        self.run_with(disturb)

    def test_a_refused_point_harms_no_other(self):
        def make():
            fleet = Fleet(interval=INTERVAL)
            fleet.assert_storages = lambda *_: None  # compared below
            return fleet

        seen = []

        def disturb(fleet):
            self.each(fleet, refuses=lambda labels: labels.get("series") == "3" and labels["__name__"].startswith("fleet_hits"))
            self.intervals(4)
            seen.append(fleet)

        self.run_with(disturb, make)
        fleet = seen[0]
        for storage in fleet.storages.values():
            self.assertEqual(storage.changed, [])
        by_series = {dict(labels)["series"]: round(sum(points.values()))
                     for labels, points in fleet.storages["overwriting"].series("fleet_hits").items()}
        whole = max(by_series.values())
        self.assertEqual({series for series, total in by_series.items() if total != whole}, {"3"})
        self.assertLess(by_series["3"], whole)


if __name__ == "__main__":
    unittest.main(verbosity=2)
