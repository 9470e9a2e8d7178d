"""`tributary secrets` against an API server of Kubernetes that is played here: what it makes, keeps and makes anew.

The certificates it makes are judged by OpenSSL's own tool, and by a proxy and a client over HTTPS with the token.
"""
import base64
import http.server
import json
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from cluster import BIN, free_port

PATH = "/api/v1/namespaces/metrics/secrets"


class ApiServer:
    """Secrets of one namespace, with versions, conflicts, rights and HTTPS."""

    def __init__(self, folder):
        self.secrets, self.version, self.requests, self.forbidden = {}, 100, [], set()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = self.path.removeprefix(PATH).removeprefix("/")
                server.requests.append((self.command, name))
                status = server.refuses(self, name)
                if status:
                    return self.reply(status, {"kind": "Status", "code": status, "message": "no\x1b[31m"})
                return self.reply(*server.answer(self.command, name, body))

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "api.pem", folder / "api.key")
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def refuses(self, request, name):
        if request.headers["Authorization"] != "Bearer api-token":
            return 401
        return 403 if name in self.forbidden or not request.path.startswith(PATH) else None

    def answer(self, method, name, body):
        if method == "GET":
            return (200, self.secrets[name]) if name in self.secrets else (404, {"kind": "Status"})
        told = json.loads(body)
        if method == "POST":
            assert (told["apiVersion"], told["kind"]) == ("v1", "Secret") and "resourceVersion" not in told["metadata"]
            if told["metadata"]["name"] in self.secrets:
                return 409, {"kind": "Status"}
            self.put(told)
            return 201, told
        there = self.secrets[name]
        if told["metadata"].pop("resourceVersion") != there["metadata"]["resourceVersion"]:
            return 409, {"kind": "Status"}
        self.merge(there, told)
        self.put(there)
        return 200, there

    def merge(self, into, patch):
        """RFC 7386, without nulls."""
        for key, value in patch.items():
            if isinstance(value, dict):
                self.merge(into.setdefault(key, {}), value)
            else:
                into[key] = value

    def put(self, secret):
        self.version += 1
        secret["metadata"]["resourceVersion"] = str(self.version)
        self.secrets[secret["metadata"]["name"]] = secret

    def data(self, name):
        return {key: base64.b64decode(value).decode() for key, value in self.secrets[name]["data"].items()}


class SecretsTest(unittest.TestCase):
    ALL = ["--agent-hosts=a", "--proxy-hosts=proxy.metrics.svc,10.0.0.7", "--global-hosts=g", "--token=token"]

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.dir / "api.key", "-out", self.dir / "api.pem", "-days", "1", "-subj", "/CN=api",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.account = self.dir / "account"
        self.account.mkdir()
        shutil.copy(self.dir / "api.pem", self.account / "ca.crt")
        (self.account / "token").write_text("api-token\n")
        (self.account / "namespace").write_text("metrics")
        self.api = ApiServer(self.dir)
        self.addCleanup(self.api.close)

    def run_secrets(self, *arguments):
        return subprocess.run([BIN / "tributary", "secrets", "release", "--cluster=eu1", f"--account={self.account}",
                               f"--api=https://127.0.0.1:{self.api.http.server_port}", *arguments],
                              capture_output=True, text=True, timeout=60, env={"TMPDIR": str(self.dir)})

    def make(self, *arguments):
        """{name of a Secret: what was done}"""
        done = self.run_secrets(*(arguments or self.ALL))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return dict(line.split("  ") for line in done.stdout.splitlines())

    def files(self, name):
        for key, text in self.api.data(name).items():
            (self.dir / f"{name}.{key}").write_text(text)
        return [self.dir / f"{name}.{key}" for key in ("tls.crt", "tls.key", "ca.crt")]

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True).stdout

    def test_it_makes_an_authority_a_certificate_for_each_role_and_a_token(self):
        self.assertEqual(self.make(), {f"release-{name}": "made" for name in
                                       ("ca", "agent-tls", "proxy-tls", "global-tls", "token")})
        self.assertEqual({name: secret["type"] for name, secret in self.api.secrets.items()},
                         {"release-ca": "kubernetes.io/tls", "release-agent-tls": "kubernetes.io/tls",
                          "release-proxy-tls": "kubernetes.io/tls", "release-global-tls": "kubernetes.io/tls",
                          "release-token": "Opaque"})
        self.assertRegex(self.api.data("release-token")["token"], r"^[\w-]{43}=?$")
        for role in ("agent", "proxy", "global"):
            certificate, key, authority = self.files(f"release-{role}-tls")
            self.openssl("verify", "-x509_strict", "-CAfile", authority, certificate)
            told = self.openssl("x509", "-in", certificate, "-noout", "-ext", "subjectAltName")
            self.assertIn(f"URI:spiffe://eu1/{role}/release-{role}", told)
            self.assertEqual(self.openssl("x509", "-in", certificate, "-noout", "-pubkey"),
                             self.openssl("pkey", "-in", key, "-pubout"))
            self.assertNotIn("ca.key", self.api.data(f"release-{role}-tls"))
        self.assertIn("IP Address:10.0.0.7", self.openssl("x509", "-in", self.files("release-proxy-tls")[0], "-noout",
                                                         "-ext", "subjectAltName"))

    def test_it_leaves_nothing_on_disk(self):
        before = set(self.dir.iterdir())
        self.make()
        self.assertEqual(set(self.dir.iterdir()), before)

    def test_what_is_there_and_good_is_kept(self):
        self.make()
        before = json.dumps(self.api.secrets)
        self.assertEqual(set(self.make().values()), {"kept"})
        self.assertEqual(json.dumps(self.api.secrets), before)

    def test_a_certificate_that_ends_soon_is_made_anew_by_the_same_authority(self):
        self.make(*self.ALL, "--days=20", "--renew-before=10")
        old = {name: self.api.data(name) for name in self.api.secrets}
        done = self.make(*self.ALL, "--days=90", "--renew-before=30")
        self.assertEqual(done, {"release-ca": "kept", "release-agent-tls": "made anew", "release-proxy-tls": "made anew",
                                "release-global-tls": "made anew", "release-token": "kept"})
        self.assertEqual(self.api.data("release-agent-tls")["ca.crt"], old["release-agent-tls"]["ca.crt"])
        self.assertNotEqual(self.api.data("release-agent-tls")["tls.crt"], old["release-agent-tls"]["tls.crt"])

    def test_other_names_another_authority_and_damage_make_a_certificate_anew(self):
        self.make()
        hosts = [argument.replace("10.0.0.7", "10.0.0.8") for argument in self.ALL]
        self.assertEqual({name for name, done in self.make(*hosts).items() if done != "kept"}, {"release-proxy-tls"})
        self.api.secrets["release-global-tls"]["data"]["tls.key"] = base64.b64encode(b"nonsense").decode()
        self.assertEqual({name for name, done in self.make(*hosts).items() if done != "kept"}, {"release-global-tls"})
        del self.api.secrets["release-ca"]
        done = self.make(*hosts)
        self.assertEqual({name for name, what in done.items() if what == "made anew"},
                         {"release-agent-tls", "release-proxy-tls", "release-global-tls"})

    def test_what_others_have_put_into_a_secret_stays(self):
        self.make("--token=token")
        secret = self.api.secrets["release-token"]
        secret["metadata"] |= {"annotations": {"theirs": "yes"}, "labels": {"theirs": "too"}}
        secret["data"]["other"] = base64.b64encode(b"1").decode()
        self.assertEqual(self.make("--token=second"), {"release-token": "made"})
        self.assertEqual(set(self.api.data("release-token")), {"token", "other", "second"})
        self.assertEqual(self.api.secrets["release-token"]["metadata"]["annotations"], {"theirs": "yes"})
        self.assertEqual(self.api.secrets["release-token"]["metadata"]["labels"], {"theirs": "too"})

    def test_only_what_is_asked_for_is_made(self):
        self.assertEqual(set(self.make("--token=token")), {"release-token"})
        self.assertEqual(set(self.make("--proxy-hosts=p")), {"release-ca", "release-proxy-tls"})

    def test_refusals_are_told_with_the_name_of_the_secret(self):
        self.api.forbidden.add("release-proxy-tls")
        done = self.run_secrets(*self.ALL)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Secret release-proxy-tls: HTTP 403", done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        (self.account / "token").write_text("stolen")
        self.assertIn("HTTP 401", self.run_secrets(*self.ALL).stderr)
        (self.account / "token").unlink()
        self.assertIn("account/token", self.run_secrets(*self.ALL).stderr)

    def test_two_at_once_do_not_overwrite_each_other(self):
        answer = self.api.answer

        def slow(method, name, body):  # somebody else is quicker
            if method == "POST":
                self.api.put({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {},
                              "metadata": {"name": json.loads(body)["metadata"]["name"], "namespace": "metrics"}})
            return answer(method, name, body)
        self.api.answer = slow
        done = self.run_secrets("--token=token")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Secret release-token: somebody else has changed it; run this again", done.stderr)
        self.api.answer = answer
        self.assertEqual(self.make("--token=token"), {"release-token": "made"})

    def test_an_answer_that_makes_no_sense_is_an_error(self):
        for body in ({}, {"metadata": {"resourceVersion": 7}}, {"metadata": {"resourceVersion": "7"}, "data": {"a": "%%"}},
                     {"metadata": {"resourceVersion": "7"}, "data": []}, []):
            self.api.answer = lambda method, name, _, body=body: (200, body)
            done = self.run_secrets("--token=token")
            self.assertEqual(done.returncode, 1, body)
            self.assertIn("Secret release-token: ", done.stderr)

    def test_wrong_words_are_refused(self):
        for arguments, expected in (([], "say what to make"), (["--proxy-hosts=a b"], "hosts are names"),
                                    (["--token=t", "--days=10", "--renew-before=10"], "--renew-before"),
                                    (["--token=t", "--cluster=A B"], "--cluster")):
            done = self.run_secrets(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(expected, done.stderr)

    def test_a_proxy_serves_with_them_and_asks_for_the_token(self):
        self.make()
        certificate, key, authority = self.files("release-proxy-tls")
        token = self.dir / "token"
        token.write_text(self.api.data("release-token")["token"])
        port = free_port()
        config = self.dir / "proxy.yaml"
        config.write_text(f"cluster: eu1\ngrpc: {{listen: 0.0.0.0:{free_port()}}}\n"
                          f"http: {{listen: 0.0.0.0:{port}, tokens_file: {token}}}\n"
                          f"tls: {{cert_file: {certificate}, key_file: {key}, ca_file: {authority}}}\n"
                          f"globals: {{members: [{{id: g, address: 127.0.0.1:{free_port()}}}]}}\n")
        proxy = subprocess.Popen([BIN / "tributary-proxy", "--config", config], stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        end = time.monotonic() + 30
        while True:
            done = subprocess.run(["curl", "-sS", "--cacert", authority, "--connect-to", f"proxy.metrics.svc::127.0.0.1:{port}",
                                   "-o", "/dev/null", "-w", "%{http_code}", f"https://proxy.metrics.svc:{port}/healthz"],
                                  capture_output=True, text=True, timeout=20)
            if done.stdout == "200":
                break
            self.assertLess(time.monotonic(), end, done.stderr)
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
