"""A network of its own for a test: hosts that are network namespaces, joined by one switch, and what may go wrong on it.

    with Network() as network:
        a, b = network.host("a"), network.host("b")
        subprocess.Popen(a.command(["tributary-local", ...]))
        network.cut([a], [b])                  # both ways; both=False: only what a sends to b
        network.heal()

Needs root and nft. Nothing of it is seen outside, and all of it goes with the test.
"""
import ctypes
import http.client
import itertools
import os
import shutil
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_networks = itertools.count()


def available():
    return os.geteuid() == 0 and shutil.which("nft") is not None


def _run(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr}")


def inside(namespace, make):
    """What `make` returns when it runs in that namespace: devices and sockets stay of it."""
    made = []

    def run():
        with open(f"/run/netns/{namespace}") as file:
            if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {namespace}")
        made.append(make())

    thread = threading.Thread(target=run)  # the namespace is the thread's alone, and ends with it
    thread.start()
    thread.join()
    return made[0]


class Host:
    def __init__(self, name, namespace, address):
        self.name, self.namespace, self.address = name, namespace, address
        self.rules = set()  # of nft, on what comes in

    def command(self, words):
        """`words`, to be run on this host; the process that is started becomes them."""
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]

    def socket(self):
        """A TCP socket of this host, for this process."""
        return inside(self.namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))

    def http_get(self, port, path, timeout=5, host="127.0.0.1"):
        """(status, text) of a GET of what listens on this host."""
        connection = http.client.HTTPConnection(host, port)
        connection.sock = self.socket()
        try:
            connection.sock.settimeout(timeout)
            connection.sock.connect((host, port))
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def filter(self):
        """Puts the rules in force, all at once."""
        rules = "\n".join(sorted(self.rules))
        _run("ip", "netns", "exec", self.namespace, "nft", "-f", "-", text=f"""
table inet faults
delete table inet faults
table inet faults {{
  chain input {{
    type filter hook input priority 0
    iifname "lo" accept
    {rules}
  }}
}}
""")


class Network:
    def __init__(self):
        self.name = f"tt{os.getpid()}-{next(_networks)}"
        self.hosts = []

    def __enter__(self):
        _run("ip", "netns", "add", self.name)
        try:
            _run("ip", "-n", self.name, "link", "add", "switch", "type", "bridge")
            _run("ip", "-n", self.name, "link", "set", "switch", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True, timeout=30, check=False)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, timeout=30, check=False)

    def host(self, name):
        number = len(self.hosts) + 1
        host = Host(name, f"{self.name}-{number}", f"10.77.0.{number}")
        self.hosts.append(host)
        space = host.namespace
        _run("ip", "netns", "add", space)
        _run("ip", "-n", self.name, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", space)
        _run("ip", "-n", self.name, "link", "set", f"port{number}", "master", "switch", "up")
        _run("ip", "-n", space, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _run("ip", "-n", space, "link", "set", "eth0", "up")
        _run("ip", "-n", space, "link", "set", "lo", "up")
        return host

    def cut(self, some, others, both=True):
        """Nothing that `some` send reaches `others`; nor the other way, unless told."""
        for host in others:
            host.rules |= {f"ip saddr {peer.address} drop" for peer in some}
            host.filter()
        if both:
            self.cut(others, some, both=False)

    def lose(self, percent, hosts):
        """Of every hundred packets that come to `hosts`, so many are lost, by chance."""
        for host in hosts:
            host.rules.add(f"numgen random mod 100 < {percent} drop")
            host.filter()

    def heal(self):
        for host in self.hosts:
            if host.rules:
                host.rules.clear()
                host.filter()
