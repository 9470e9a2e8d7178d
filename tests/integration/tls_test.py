"""Every hop under TLS, with real programs: who is let in, what a renewal costs, what strangers can do.

    python -> agent-0 -> proxy -> global-0, global-1        interval 1 s, certificates of `tributary certs`
"""
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import unittest

from cluster import BIN
from tls_cluster import CLUSTER, TlsCluster, make_certs


def is_up(process):
    """It answers, ready or not."""
    assert process.child.poll() is None, f"{process.name} ended with status {process.child.returncode}"
    try:
        return process.http_get("/healthz")[0] == 200
    except OSError:
        return False


def make_expired(certs, folder):
    """agent-0's certificate once more, by the same authority, good until yesterday; returns its file."""
    folder.mkdir()
    (folder / "index").write_text("")
    (folder / "ca.cnf").write_text(f"""
[ca]
default_ca = here
[here]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = agent
unique_subject = no
[any]
commonName = optional
[agent]
subjectAltName = URI:spiffe://{CLUSTER}/agent/agent-0
extendedKeyUsage = clientAuth
""")
    request, made = folder / "agent-0.csr", folder / "agent-0.crt"

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)

    openssl("req", "-new", "-key", certs / "agent-0.key", "-subj", "/CN=agent-0", "-out", request)
    openssl("ca", "-batch", "-notext", "-config", folder / "ca.cnf", "-cert", certs / "ca.crt", "-keyfile", certs / "ca.key",
            "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-in", request, "-out", made)
    return made


class TlsTest(unittest.TestCase):
    def send_for(self, cluster, seconds):
        sent, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            cluster.agents[0].send_unix(b"tls.hits:1|c\ntls.wait:3|ms")
            sent += 1
            time.sleep(0.02)
        return sent

    def test_all_that_is_sent_arrives_and_a_renewal_loses_nothing(self):
        with TlsCluster() as cluster:
            sent = self.send_for(cluster, 2)
            make_certs(cluster.certs, "--agents", "1", "--proxies", "1", "--globals", "2")
            sent += self.send_for(cluster, 3)
            for process in cluster.processes:
                cluster.wait_for(lambda p=process: p.metric("tributary_tls_reloads_total") >= 1, 30, f"{process.name} reloads")
            cluster.proxy.kill()  # all connections begin anew, with the new certificates
            cluster.proxy.start()
            sent += self.send_for(cluster, 2)
            cluster.wait_for(lambda: cluster.total("tls.hits") >= sent, 60, "every hit")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("tls.hits"), sent)
            self.assertEqual(cluster.count("tls.wait"), sent)
            self.assertEqual([row for row in cluster.rows() if row["partial"]], [])
            for process in [cluster.proxy, *cluster.globals]:
                self.assertEqual(process.metric("tributary_rpc_refused_total"), 0, process.name)

    def test_a_certificate_of_another_authority_is_refused(self):
        """And the other agent, which is right, is not disturbed."""
        with TlsCluster(agents=2) as cluster:
            certs = cluster.dir / "strange"
            make_certs(certs, "--role", "agent", "--name", "agent-0")
            stranger = cluster.agents[0]
            stranger.stop()
            cluster.use(stranger, "agent-0", certs)
            stranger.start()
            cluster.wait_for(lambda: is_up(stranger), 30, "the stranger is up")
            for _ in range(30):
                stranger.send_unix(b"stranger.hits:1|c")
                cluster.agents[1].send_unix(b"known.hits:1|c")
                time.sleep(0.1)
            cluster.wait_for(lambda: cluster.total("known.hits") == 30, 60, "what the other one sent")
            self.assertEqual(cluster.total("stranger.hits"), 0)
            self.assertEqual(stranger.metric("tributary_local_proxy_connected"), 0)

    def test_a_certificate_that_is_not_ones_own_is_found_at_the_start(self):
        """Of another cluster, or another role: what others would refuse is said before anything runs."""
        with TlsCluster() as cluster:
            strange = cluster.dir / "strange"
            strange.mkdir()
            for file in ("ca.crt", "ca.key"):
                (strange / file).write_bytes((cluster.certs / file).read_bytes())
            make_certs(strange, "--role", "agent", "--name", "elsewhere", cluster="elsewhere")
            make_certs(strange, "--role", "client", "--name", "client")
            agent = cluster.agents[0]
            agent.stop()
            for name in ("elsewhere", "client"):
                cluster.use(agent, name, strange)
                done = subprocess.run([BIN / "tributary-local", "--config", agent.config], capture_output=True, text=True,
                                      timeout=30, check=False)
                self.assertEqual(done.returncode, 1, name)
                self.assertRegex(done.stderr + done.stdout, f"{name}.crt.*spiffe://", name)

    def test_plaintext_and_old_tls_and_no_certificate_and_an_old_one_are_refused(self):
        with TlsCluster() as cluster:
            port = int(re.search(r"listen: 127.0.0.1:(\d+)", cluster.proxy.config.read_text()).group(1))
            authority = str(cluster.certs / "ca.crt")

            good, expired = cluster.certs / "agent-0.crt", make_expired(cluster.certs, cluster.dir / "expired")

            def try_with(certificate, version=ssl.TLSVersion.TLSv1_3):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.load_verify_locations(authority)
                context.maximum_version = version
                context.set_alpn_protocols(["h2"])
                if certificate:
                    context.load_cert_chain(certificate, cluster.certs / "agent-0.key")
                with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, context.wrap_socket(raw) as stream:
                    stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
                    return stream.recv(9)

            self.assertNotEqual(try_with(good), b"")
            for certificate, version in [(good, ssl.TLSVersion.TLSv1_2), (None, ssl.TLSVersion.TLSv1_3),
                                         (expired, ssl.TLSVersion.TLSv1_3)]:
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    if try_with(certificate, version) == b"":
                        raise ConnectionResetError
            with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
                raw.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                raw.settimeout(20)
                self.assertNotIn(b"\x00\x00\x00\x04", raw.recv(100)[:9], "spoke HTTP/2 without TLS")

    def test_strangers_on_the_ports_disturb_nobody(self):
        with TlsCluster() as cluster:
            ports = [int(re.search(r"listen: 127.0.0.1:(\d+)", process.config.read_text()).group(1))
                     for process in [cluster.proxy, *cluster.globals]]
            before = {process.name: process.resident_bytes() for process in cluster.processes}
            open_ones = []
            stopping = threading.Event()

            def disturb():
                while not stopping.is_set() and len(open_ones) < 300:
                    for port in ports:
                        try:
                            raw = socket.create_connection(("127.0.0.1", port), timeout=5)
                        except OSError:
                            continue
                        open_ones.append(raw)  # half of them say nothing, half speak nonsense
                        if len(open_ones) % 2:
                            raw.settimeout(1)
                            try:
                                raw.sendall(b"\x16\x03\x01\x40\x00" + os.urandom(4096))
                            except OSError:
                                pass

            thread = threading.Thread(target=disturb)
            thread.start()
            sent = self.send_for(cluster, 4)
            stopping.set()
            thread.join()
            cluster.wait_for(lambda: cluster.total("tls.hits") >= sent, 60, "every hit")
            cluster.assert_books_balance(self)
            self.assertEqual(cluster.total("tls.hits"), sent)
            for process in cluster.processes:
                self.assertLess(process.resident_bytes(), before[process.name] + (150 << 20), process.name)
            for raw in open_ones:
                raw.close()

    def test_lines_over_tls(self):
        cluster = TlsCluster()
        port = cluster.listen_over_tls(cluster.agents[0])
        with cluster:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.load_verify_locations(cluster.certs / "ca.crt")
            with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    with context.wrap_socket(raw) as stream:
                        stream.sendall(b"tls.lines:1|c\n")
                        if stream.recv(1) == b"":
                            raise ConnectionResetError
            context.load_cert_chain(cluster.certs / "app.crt", cluster.certs / "app.key")
            with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, context.wrap_socket(raw) as stream:
                for _ in range(1000):
                    stream.sendall(b"tls.lines:1|c\n")
                with contextlib.suppress(ssl.SSLError):  # says that it ends, and does not wait for the same
                    stream.unwrap()
            cluster.wait_for(lambda: cluster.total("tls.lines") >= 1000, 60, "every line")
            self.assertEqual(cluster.total("tls.lines"), 1000)

    def test_the_command_line_and_the_generator_of_load_speak_tls(self):
        cluster = TlsCluster()
        port = cluster.listen_over_tls(cluster.agents[0])
        config = cluster.agents[0].config  # at addresses, too, that its certificate does not name
        config.write_text(config.read_text().replace(f"tls://127.0.0.1:{port}", f"tls://0.0.0.0:{port}"))
        with cluster:
            certs, agent = cluster.certs, cluster.agents[0]
            ca, ours = ("--ca-file", certs / "ca.crt"), ("--cert", certs / "app.crt", "--key", certs / "app.key")

            def emit(*words, host="127.0.0.1", lines="tls.emitted:1|c\n"):
                return subprocess.run([BIN / "tributary", "emit", "--to", f"tls://{host}:{port}", *words], input=lines,
                                      capture_output=True, text=True, timeout=60, check=False,
                                      env={"PATH": os.environ["PATH"]})

            for host in ("127.0.0.1", "localhost"):
                done = emit(*ca, *ours, host=host, lines="tls.emitted:1|c\n" * 50_000)
                self.assertEqual((done.returncode, done.stderr), (0, ""), host)
            load = subprocess.run([BIN / "tributary-load", "--to", f"tls://127.0.0.1:{port}", *ca, *ours, "--lines", "20000",
                                   "--agent-http", agent.url, "-o", "json"], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((load.returncode, load.stderr), (0, ""))
            self.assertEqual(json.loads(load.stdout)["agent"]["lines"], 20_000)
            self.assertEqual(agent.metric("tributary_local_receive_errors_total"), 0)

            make_certs(cluster.dir / "strange", "--role", "client", "--name", "app")
            for words, reason in ((ours, "self.signed certificate|unable to get local issuer"),
                                  ((*ca, *ours), "IP address mismatch"),
                                  (ca, "certificate required"),
                                  ((*ca, "--cert", cluster.dir / "strange/app.crt", "--key", cluster.dir / "strange/app.key"),
                                   "unknown ca|decrypt|bad certificate")):
                done = emit(*words, host="127.0.0.2" if "mismatch" in reason else "127.0.0.1")
                self.assertEqual(done.returncode, 1, reason)
                self.assertIn("tls://127.0.0.", done.stderr)
                self.assertRegex(done.stderr, reason)
            self.assertEqual(emit(*ca, "--cert", certs / "app.crt").returncode, 2)
            cluster.wait_for(lambda: cluster.total("tls.emitted") >= 100_000, 60, "every line")
            self.assertEqual(cluster.total("tls.emitted"), 100_000)
            self.assertGreaterEqual(agent.metric("tributary_local_connections_refused_total", reason="handshake"), 3)


class HttpsTest(unittest.TestCase):
    def test_pages_over_https_ask_for_a_token_beyond_this_machine(self):
        with TlsCluster() as cluster:
            cluster.proxy.stop()
            tokens = cluster.dir / "tokens"
            tokens.write_text("# one\n0123456789abcdef0123\n")
            make_certs(cluster.certs, "--role", "proxy", "--name", "proxy-0", "--hosts", "127.0.0.1,localhost")
            cluster.proxy.config.write_text(cluster.proxy.config.read_text().replace(
                "  tls: false\n", f"  tokens_file: {tokens}\n"))
            cluster.proxy.start()
            url = f"https://127.0.0.1:{cluster.proxy.http_port}"

            def status(*words, **environment):
                return subprocess.run([BIN / "tributary", "status", "--proxy", url, *words], capture_output=True, text=True,
                                      timeout=30, check=False, env={**os.environ, **environment})

            ca = ("--ca-file", str(cluster.certs / "ca.crt"))
            cluster.wait_for(lambda: "cluster demo" in status(*ca, TRIBUTARY_TOKEN="0123456789abcdef0123").stdout, 30, "status")
            unknown = status()
            self.assertEqual(unknown.returncode, 1)
            self.assertIn("certificate", unknown.stderr.lower())


if __name__ == "__main__":
    unittest.main(verbosity=2)
