"""A proxy finds its globals by a real DNS server, dnsmasq on a host of the test's own network."""
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import network
from cluster import BIN

HTTP = 8128


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


@unittest.skipUnless(network.available(), "needs root and nft")
class DnsTest(unittest.TestCase):
    def setUp(self):
        self.network = self.enterContext(network.Network())
        self.host = self.network.host("all")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tributary-dns-"))
        self.addCleanup(shutil.rmtree, self.folder)
        # `ip netns exec` shows it as /etc/resolv.conf.
        resolver = pathlib.Path("/etc/netns") / self.host.namespace
        resolver.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, resolver)
        (resolver / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.server = None
        self.addCleanup(self.end_server)

    def end_server(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait(timeout=10)
            self.server = None

    def serve(self, *records):
        """Nothing but these."""
        self.end_server()
        config = self.folder / "dnsmasq.conf"
        config.write_text("\n".join(["no-resolv", "no-hosts", "no-daemon", "local=/example/", "user=root", "listen-address=127.0.0.1",
                                     "bind-interfaces", "pid-file=", *records]) + "\n")
        self.server = subprocess.Popen(self.host.command(["dnsmasq", "-C", config]), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)

    def start_proxy(self, found_by):
        config = self.folder / "proxy.yaml"
        config.write_text(f"""
cluster: dns
tls: off
grpc: {{listen: 127.0.0.1:8127}}
http: {{listen: 127.0.0.1:{HTTP}}}
globals: {{{found_by}, refresh: 1s}}
""")
        log = open(self.folder / "proxy.log", "wb")
        proxy = subprocess.Popen(self.host.command([BIN / "tributary-proxy", "--config", config]), stdout=log, stderr=log)

        def end():
            proxy.kill()
            proxy.wait(timeout=10)
            log.close()

        self.addCleanup(end)

    def metric(self, name):
        try:
            text = self.host.http_get(HTTP, "/metrics")[1]
        except OSError:
            return None
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    def members(self):
        return self.metric("tributary_proxy_members")

    def expect(self, count):
        wait_for(lambda: self.members() == count, f"{count} members")

    def expect_failures_and(self, count):
        before = self.metric("tributary_discovery_failures_total")
        wait_for(lambda: self.metric("tributary_discovery_failures_total") >= before + 4, "more failures than absences count")
        self.assertEqual(self.members(), count)

    def test_service_records(self):
        def records(*numbers):
            return [f"srv-host=_grpc._tcp.globals.example,global-{n}.globals.example,{9000 + n}" for n in numbers] + [
                f"host-record=global-{n}.globals.example,127.0.1.{n}" for n in numbers]

        self.serve(*records(0, 1, 2))
        self.start_proxy("srv: _grpc._tcp.globals.example")
        self.expect(3)
        self.serve(*records(0, 2))
        self.expect(2)
        self.serve(*records(0, 2, 5))
        self.expect(3)
        self.serve("host-record=globals.example,127.0.0.1")  # the name has no such records any more
        self.expect_failures_and(3)
        self.end_server()  # and then there is nobody
        self.expect_failures_and(3)
        self.serve(*records(0, 2, 5, 6))
        self.expect(4)

    def test_addresses_of_both_families(self):
        self.serve("host-record=globals.example,127.0.1.1,::1", "host-record=globals.example,127.0.1.2")
        self.start_proxy("dns: 'globals.example:9000'")
        self.expect(3)
        self.serve("host-record=globals.example,127.0.1.1,::1")
        self.expect(2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
