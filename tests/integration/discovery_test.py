"""A proxy finds its globals by the HTTP APIs of Kubernetes and Consul, which a server here replays.

What Kubernetes does: list, then watch from there; bookmarks; 410, in the stream and as a status; streams that break;
pods that become ready, terminate and go; a token that is rotated; a server of another authority.
What Consul does: queries that block until the index moves; an index that goes backwards; a token; failures.
"""
import contextlib
import http.server
import json
import pathlib
import queue
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from cluster import BIN, free_port, http_get


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Server:
    """One that answers each GET by `answer(handler, path, parameters)`; what was asked is in `requests`."""

    def __init__(self, answer, context=None):
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                parameters = dict(urllib.parse.parse_qsl(url.query))
                server.requests.append((url.path, parameters, dict(self.headers)))
                with contextlib.suppress(OSError):
                    answer(self, url.path, parameters)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # clients may go, and may refuse our certificate
        if context is not None:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def reply(handler, status, body, headers=()):
    body = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class DiscoveryTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.http_port = free_port()
        self.child = None

    def start(self, globals_):
        config = self.dir / "proxy.yaml"
        config.write_text(f"interval: 1s\ntls: off\ngrpc:\n  listen: 127.0.0.1:{free_port()}\n"
                          f"http:\n  listen: 127.0.0.1:{self.http_port}\nglobals:\n  {globals_}\n")
        log = open(self.dir / "proxy.log", "wb")
        self.addCleanup(log.close)
        self.child = subprocess.Popen([BIN / "tributary-proxy", "--config", config], stdout=log, stderr=log)
        self.addCleanup(self.end)

    def end(self):
        """SIGTERM ends a proxy whose watch is under way."""
        self.child.terminate()
        try:
            self.assertEqual(self.child.wait(timeout=30), 0, (self.dir / "proxy.log").read_text())
        finally:
            self.child.kill()

    def metric(self, key):
        try:
            _, text = http_get(f"http://127.0.0.1:{self.http_port}/metrics")
        except OSError:
            return -1
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(key + " "))

    def wait_for_found(self, count, source):
        key = f'tributary_discovery_members{{source="{source}"}}'
        wait_for(lambda: self.metric(key) == count, f"{count} members, not {self.metric(key)}")

    def wait_for_failures(self, count, source):
        key = f'tributary_discovery_failures_total{{source="{source}"}}'
        wait_for(lambda: self.metric(key) >= count, f"{count} failures, not {self.metric(key)}")


READY = {"ready": True, "serving": True, "terminating": False}
STARTING = {"ready": False, "serving": False, "terminating": False}
STOPPING = {"ready": False, "serving": True, "terminating": True}


def slice_of(version, **pods):
    """pod name -> conditions"""
    return {"metadata": {"name": "tributary-global-abcde", "resourceVersion": str(version)}, "addressType": "IPv4",
            "ports": [{"name": "grpc", "port": 1}],
            "endpoints": [{"addresses": [f"127.0.0.{n + 2}"], "conditions": conditions,
                           "targetRef": {"kind": "Pod", "name": pod.replace("_", "-")}}
                          for n, (pod, conditions) in enumerate(sorted(pods.items()))]}


class KubernetesTest(DiscoveryTest):
    PATH = "/apis/discovery.k8s.io/v1/namespaces/metrics/endpointslices"

    def setUp(self):
        super().setUp()
        self.listed = (1, slice_of(1, global_0=READY))
        self.events = queue.Queue()  # of (type, object), "end", "break" or a status
        self.make_authority("ca")
        self.make_authority("other")
        (self.dir / "token").write_text("first\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.dir / "ca.pem", self.dir / "ca.key")
        self.server = Server(self.answer, context)
        self.addCleanup(self.server.close)

    def make_authority(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.dir / f"{name}.key", "-out", self.dir / f"{name}.pem", "-days", "1", "-subj",
                        f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)

    def run_proxy(self, ca="ca"):
        self.start("kubernetes: {service: tributary-global, namespace: metrics, port: grpc, "
                   f"api: 'https://127.0.0.1:{self.server.port}', token_file: {self.dir}/token, "
                   f"ca_file: {self.dir}/{ca}.pem}}")

    def answer(self, handler, path, parameters):
        if path != self.PATH or parameters.get("labelSelector") != "kubernetes.io/service-name=tributary-global":
            return reply(handler, 404, {})
        if "watch" in parameters:
            return self.answer_watch(handler)
        version, found = self.listed
        reply(handler, 200, {"metadata": {"resourceVersion": str(version)}, "items": [found]})

    def answer_watch(self, handler):
        first = self.events.get(timeout=60)
        if isinstance(first, int):
            return reply(handler, first, {})
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        event = first
        while event not in ("end", "break"):
            line = json.dumps({"type": event[0], "object": event[1]}).encode() + b"\n"
            for part in (line[:7], line[7:]):  # a line may come in pieces
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                handler.wfile.flush()
            event = self.events.get(timeout=60)
        if event == "end":
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    def tearDown(self):
        for _ in range(4):
            self.events.put("end")

    def asked(self, what):
        """Requests to `list` or `watch`."""
        return [(parameters, headers) for _, parameters, headers in list(self.server.requests)
                if ("watch" in parameters) == (what == "watch")]

    def test_pods_come_become_ready_terminate_and_go(self):
        self.run_proxy()
        self.wait_for_found(1, "kubernetes")
        self.events.put(("MODIFIED", slice_of(2, global_0=READY, global_1=STARTING)))
        self.events.put(("MODIFIED", slice_of(3, global_0=READY, global_1=READY, global_2=READY)))
        self.wait_for_found(3, "kubernetes")
        self.events.put(("MODIFIED", slice_of(4, global_0=READY, global_1=READY, global_2=STOPPING)))
        self.wait_for_found(2, "kubernetes")
        self.assertEqual(len(self.asked("list")), 1)

    def test_a_stream_that_ends_or_breaks_goes_on_from_its_bookmark(self):
        self.run_proxy()
        self.wait_for_found(1, "kubernetes")
        for n, how in enumerate(("end", "break")):
            self.events.put(("BOOKMARK", {"metadata": {"resourceVersion": str(50 + n)}}))
            self.events.put(how)
            wait_for(lambda n=n: self.asked("watch")[-1][0]["resourceVersion"] == str(50 + n), f"a watch from {50 + n}")
        self.events.put(("MODIFIED", slice_of(60, global_0=READY, global_1=READY)))
        self.wait_for_found(2, "kubernetes")
        self.assertEqual(len(self.asked("list")), 1)

    def test_a_place_that_is_forgotten_is_found_by_a_list(self):
        self.run_proxy()
        self.wait_for_found(1, "kubernetes")
        self.listed = (70, slice_of(70, global_0=READY, global_1=READY))
        self.events.put(("ERROR", {"code": 410, "message": "too old resource version"}))
        self.events.put("end")
        self.wait_for_found(2, "kubernetes")
        self.listed = (80, slice_of(80, global_0=READY, global_1=READY, global_2=READY))
        self.events.put(410)
        self.wait_for_found(3, "kubernetes")
        wait_for(lambda: self.asked("watch")[-1][0]["resourceVersion"] == "80", "a watch from 80")
        self.assertEqual(len(self.asked("list")), 3)

    def test_errors_and_emptiness_change_nothing(self):
        self.run_proxy()
        wait_for(lambda: self.metric("tributary_proxy_members") == 1, "a first view")
        self.events.put(500)
        self.wait_for_failures(1, "kubernetes")
        self.events.put(("DELETED", slice_of(90)))
        self.wait_for_found(0, "kubernetes")
        self.events.put(("ADDED", slice_of(91, global_0=READY)))
        self.wait_for_found(1, "kubernetes")
        self.assertEqual(self.metric("tributary_proxy_members"), 1)

    def test_a_rotated_token_is_used_and_never_logged(self):
        self.run_proxy()
        self.wait_for_found(1, "kubernetes")
        self.assertEqual(self.asked("list")[0][1]["Authorization"], "Bearer first")
        wait_for(lambda: self.asked("watch"), "a watch")
        (self.dir / "token").write_text("second")
        self.events.put("end")
        wait_for(lambda: len(self.asked("watch")) == 2, "another watch")
        self.assertEqual(self.asked("watch")[1][1]["Authorization"], "Bearer second")
        log = (self.dir / "proxy.log").read_text()
        self.assertNotIn("first", log)

    def test_a_server_of_another_authority_is_not_believed(self):
        self.run_proxy(ca="other")
        self.wait_for_failures(2, "kubernetes")
        self.assertEqual(self.server.requests, [])


class ConsulTest(DiscoveryTest):
    def setUp(self):
        super().setUp()
        self.changed = threading.Condition()
        self.index, self.ids, self.status = 10, ["global-0"], 200
        self.server = Server(self.answer)
        self.addCleanup(self.server.close)
        self.start("consul: {service: tributary-global, token: hush, "
                   f"url: 'http://127.0.0.1:{self.server.port}'}}")
        self.wait_for_found(1, "consul")

    def answer(self, handler, path, parameters):
        if path != "/v1/health/service/tributary-global" or parameters["passing"] != "1":
            return reply(handler, 404, {})
        with self.changed:
            self.changed.wait_for(lambda: int(parameters["index"]) != self.index or self.status != 200, timeout=60)
            found = [{"Node": {"Address": "127.0.0.1"}, "Service": {"ID": id_, "Address": "", "Port": 1}}
                     for id_ in self.ids]
            status, index = self.status, self.index
        reply(handler, status, found, [("X-Consul-Index", str(index))])

    def set(self, **values):
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def tearDown(self):
        self.set(index=-1)

    def test_a_query_blocks_until_the_index_moves(self):
        wait_for(lambda: self.server.requests[-1][1]["index"] == "10", "a blocking query")
        asked = len(self.server.requests)
        self.set(index=12, ids=["global-0", "global-1"])
        self.wait_for_found(2, "consul")
        wait_for(lambda: len(self.server.requests) == asked + 1, "one more query")
        self.assertEqual(self.server.requests[-1][1]["index"], "12")
        self.assertEqual(self.server.requests[-1][2]["X-Consul-Token"], "hush")

    def test_an_index_that_goes_backwards_begins_anew(self):
        self.set(index=3, ids=["global-0", "global-1", "global-2"])
        self.wait_for_found(3, "consul")
        wait_for(lambda: [r[1]["index"] for r in self.server.requests][-2:] == ["0", "3"], "0, and then 3")

    def test_failures_and_emptiness_change_nothing(self):
        wait_for(lambda: self.metric("tributary_proxy_members") == 1, "a first view")
        self.set(status=500)
        self.wait_for_failures(2, "consul")
        self.set(status=200, index=20, ids=[])
        self.wait_for_found(0, "consul")
        self.set(index=21, ids=["global-0"])
        self.wait_for_found(1, "consul")
        self.assertEqual(self.metric("tributary_proxy_members"), 1)


if __name__ == "__main__":
    unittest.main()
