"""A cluster with certificates of `tributary certs` on every hop."""
import re
import subprocess

from cluster import BIN, Cluster

CLUSTER = "demo"


def make_certs(folder, *words, cluster=CLUSTER):
    subprocess.run([BIN / "tributary", "certs", folder, "--cluster", cluster, *words], check=True, capture_output=True,
                   timeout=30)


class TlsCluster(Cluster):
    """All programs with certificates; pages stay plaintext, so that what is the same for all clusters works."""

    def __init__(self, **options):
        super().__init__(**options)
        self.certs = self.dir / "certs"
        make_certs(self.certs, "--agents", str(len(self.agents)), "--proxies", "1", "--globals", str(len(self.globals)))
        for n, process in enumerate(self.globals):
            self.use(process, f"global-{n}")
        self.use(self.proxy, "proxy-0")
        for n, process in enumerate(self.agents):
            self.use(process, f"agent-{n}")

    def use(self, process, name, certs=None):
        certs = certs or self.certs
        text = re.sub(r"(?m)^tls:.*\n", "", process.config.read_text())
        text = text.replace("http:\n", "http:\n  tls: false\n", 1) if "tls: false" not in text else text
        process.config.write_text(
            f"tls: {{cert_file: {certs}/{name}.crt, key_file: {certs}/{name}.key, ca_file: {self.certs}/ca.crt}}\n" + text)

    def listen_over_tls(self, agent, settings=""):
        """Makes `agent` listen on its port by TLS, for clients with a certificate, such as `app` in `certs`; returns the
        port. `settings`: further lines of `ingest`."""
        make_certs(self.certs, "--role", "agent", "--name", "agent-0", "--hosts", "127.0.0.1,localhost")
        make_certs(self.certs, "--role", "client", "--name", "app")
        port = agent.udp_port
        text = agent.config.read_text().replace(f"udp://127.0.0.1:{port}", f"tls://127.0.0.1:{port}")
        agent.config.write_text(
            text.replace("ingest:\n", f"ingest:\n  tls_client_ca_file: {self.certs}/ca.crt\n{settings}", 1))
        return port
