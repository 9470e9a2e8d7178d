"""An HTTP relay in front of a storage, that misbehaves as it is told to.

    with HttpRelay(storage_port) as relay:
        relay.behave = relay.refuse(429, retry_after=1)

`behave(handler, body)` answers one request; the relay counts the answers it gives in `answers` by status.
"""
import collections
import contextlib
import http.server
import threading
import time
import urllib.error
import urllib.request

SECONDS_TO_FORWARD = 30


class HttpRelay:
    def __init__(self, port):
        self.target = f"http://127.0.0.1:{port}"
        self.behave = self.forward
        self.answers = collections.Counter()
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                with contextlib.suppress(ConnectionError):  # of a client that has given up
                    relay.behave(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, status, text=b"", headers=()):
        self.answers[status] += 1
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def pass_on(self, handler, body):
        """(status, text) of the storage."""
        names = ("Content-Encoding", "Content-Type", "X-Prometheus-Remote-Write-Version")
        request = urllib.request.Request(self.target + handler.path, body, method="POST",
                                         headers={name: handler.headers[name] for name in names})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_FORWARD) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            return 502, str(error).encode()

    def forward(self, handler, body):
        self.answer(handler, *self.pass_on(handler, body))

    def refuse(self, status, retry_after=None):
        """Answers `status`; the storage hears nothing."""
        headers = [] if retry_after is None else [("Retry-After", str(retry_after))]
        return lambda handler, body: self.answer(handler, status, b"not now", headers)

    def apply_and_fail(self, handler, body):
        """The storage takes it, the sender is told that it failed."""
        self.pass_on(handler, body)
        self.answer(handler, 500, b"lost my mind")

    def slowly(self, seconds):
        def behave(handler, body):
            time.sleep(seconds)
            self.forward(handler, body)
        return behave
