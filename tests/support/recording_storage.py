"""A storage that takes remote write 1.0 and remembers all it was given, point by point, in order.

    with RecordingStorage(first_wins=True) as storage:
        storage.faults.append(storage.fail_after_applying)   # for the next request
        storage.points[series][unix_ms]                      # what it holds
        storage.changed                                      # [(series, unix_ms, held, sent)]: equal sets give none

`first_wins`: a point that is there already with another value is refused by 400, and the rest of the request is taken,
as Prometheus does; otherwise the new value replaces it.
"""
import collections
import http.server
import struct
import threading


def snappy(data):
    """The block format, uncompressed. Source: google/snappy format_description.txt"""
    size, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        kind, at = tag & 3, at + 1
        if kind == 0:
            length = tag >> 2
            if length >= 60:
                extra = length - 59
                length, at = int.from_bytes(data[at:at + extra], "little"), at + extra
            out += data[at:at + length + 1]
            at += length + 1
            continue
        if kind == 1:
            length, offset, at = 4 + (tag >> 2 & 7), (tag >> 5) << 8 | data[at], at + 1
        else:
            width = 2 if kind == 2 else 4
            length, offset, at = 1 + (tag >> 2), int.from_bytes(data[at:at + width], "little"), at + width
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size, (len(out), size)
    return bytes(out)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(message):
    """(number, value) of a protobuf message: ints and bytes."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            value, at = varint(message, at)
        elif key & 7 == 1:
            value, at = message[at:at + 8], at + 8
        else:
            assert key & 7 == 2, key
            length, at = varint(message, at)
            value, at = message[at:at + length], at + length
        yield key >> 3, value


def points_of(body):
    """(series, unix ms, value) of a write request; a series is its labels, sorted."""
    for _, series in fields(snappy(body)):
        parts = list(fields(series))
        labels = tuple(sorted(tuple(value.decode() for _, value in fields(part)) for number, part in parts if number == 1))
        for number, part in parts:
            if number == 2:
                sample = dict(fields(part))
                yield labels, sample.get(2, 0), struct.unpack("<d", sample.get(1, bytes(8)))[0]


class RecordingStorage:
    def __init__(self, first_wins=False, host=None, port=9090):
        self.first_wins = first_wins
        self.points = collections.defaultdict(dict)
        self.changed = []
        self.writes = 0
        self.refuses = lambda labels: False  # 400 for a point
        self.fault = None  # (status, applied) of each request, while it is set
        self.delay_s = 0
        self.lock = threading.Lock()
        storage = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                storage.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler, bind_and_activate=False)
        self.server.daemon_threads = True
        if host is not None:  # of a Network
            self.server.socket.close()
            self.server.socket = host.socket()
        self.server.server_bind()
        self.server.server_activate()
        self.port = self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, body):
        threading.Event().wait(self.delay_s)
        status, applied = self.fault or (204, True)
        if applied:
            refused = self.apply(body)
            if status == 204 and refused:
                status = 400
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except ConnectionError:
            pass  # the sender has given up

    def apply(self, body):
        """Takes what it takes; whether a point was refused."""
        refused = False
        with self.lock:
            self.writes += 1
            for labels, at, value in points_of(body):
                if self.refuses(dict(labels)):
                    refused = True
                    continue
                held = self.points[labels].get(at, value)
                if held != value and not (held != held and value != value):
                    self.changed.append((labels, at, held, value))
                    refused = refused or self.first_wins
                    if self.first_wins:
                        continue
                self.points[labels][at] = value
        return refused

    def series(self, name, **labels):
        """{labels: {unix ms: value}} of those that have these labels."""
        with self.lock:
            found = {key: dict(points) for key, points in self.points.items()}
        return {key: points for key, points in found.items()
                if dict(key).get("__name__") == name and labels.items() <= dict(key).items()}
