"""What tests/promql/*.test expects is what Debian's Prometheus answers: each file's series are sent to one by remote write,
and each evaluation is asked of it. tributary-promqltest holds our engine against the same files.

An evaluation below a comment `# Prometheus 3: rule` is not asked: its answer differs between 2.42 and 3, and is worked out
by hand from the rule. `# Prometheus 3 throughout: rule` on a line of its own says it of all below it in the file.

usage: promql_conformance_test.py [--write FILE...]     --write: put Prometheus's answers in the place of what is expected
"""
import itertools
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from cluster import free_port, http_get

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "promql"
STALE = struct.unpack("<d", struct.pack("<Q", 0x7ff0000000000002))[0]
TOLERANCE = 1e-6  # relative, as in tributary-promqltest
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


def seconds(text):
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return sum(int(n) * UNITS[unit] for n, unit in parts) if parts else float(text)


def labels_of(text):
    """{'__name__': 'm', 'a': 'b'} of m{a="b"}."""
    name, _, rest = text.strip().partition("{")
    labels = {key: json.loads(f'"{value}"') for key, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', rest)}
    return {**({"__name__": name} if name else {}), **labels}


def samples_of(words):
    """1 2+3x4 _ _x3 stale: one float per step, None where there is none."""
    for word in words.split():
        number = r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|Inf|NaN)"
        if match := re.fullmatch(r"_(?:x(\d+))?", word):
            yield from [None] * int(match[1] or 1)
        elif word == "stale":
            yield STALE
        elif match := re.fullmatch(rf"({number})(?:([-+]\d+\.?\d*(?:e[-+]?\d+)?))?x(\d+)", word):
            value = float(match[1])
            for _ in range(int(match[3]) + 1):
                yield value
                value += float(match[2] or 0)
        else:
            yield float(word)


class Evaluation:
    def __init__(self, line, head, by_hand):
        self.line, self.by_hand, self.lines = line, by_hand, []
        self.fails, self.ordered = head.startswith("eval_fail"), head.startswith("eval_ordered")
        head = head.split(" ", 1)[1]
        if match := re.fullmatch(r"instant at (\S+) (.+)", head):
            self.times, self.expression = (seconds(match[1]),), match[2]
        else:
            match = re.fullmatch(r"range from (\S+) to (\S+) step (\S+) (.+)", head)
            self.times, self.expression = tuple(seconds(word) for word in match.groups()[:3]), match[4]

    def expected(self):
        """[(labels, [float or None per time])]; labels None: a scalar."""
        rows = []
        for line in self.lines:
            match = re.fullmatch(r"([a-zA-Z_:][\w:]*(?:\{.*\})?|\{.*\})\s+(.+)", line)
            if match and not re.fullmatch(r"NaN|Inf", match[1]):
                rows.append((labels_of(match[1]), list(samples_of(match[2]))))
            else:
                rows.append((None, [float(line)]))
        return rows


class File:
    """`segments`: what lies between two `clear`s, each with its series and its evaluations."""

    def __init__(self, path):
        self.path, self.text = path, path.read_text().splitlines()
        self.segments, by_hand, throughout, step, evaluation = [([], [])], False, False, None, None
        for number, line in enumerate(self.text):
            if line.startswith("# Prometheus 3"):
                by_hand, throughout = True, throughout or line.startswith("# Prometheus 3 throughout")
            elif line.startswith("clear"):
                self.segments.append(([], []))
            elif line.startswith("load "):
                step, evaluation = seconds(line.split()[1]), None
            elif line.startswith("eval"):
                evaluation, step = Evaluation(number, line, by_hand or throughout), None
                self.segments[-1][1].append(evaluation)
                by_hand = False
            elif line.startswith(" ") and line.strip() and evaluation:
                evaluation.lines.append(line.strip())
            elif line.startswith(" ") and line.strip() and step is not None:
                series, values = re.fullmatch(r"(\S+?\{.*?\}|\S+)\s+(.+)", line.strip()).groups()
                self.segments[-1][0].append((step, series, values))

    def write(self, answers):
        """`answers`: lines by the number of the evaluation's line."""
        out, skipping = [], False
        for number, line in enumerate(self.text):
            if skipping and line.startswith(" ") and line.strip():
                continue
            skipping = number in answers
            out += [line, *answers.get(number, [])]
        self.path.write_text("\n".join(out) + "\n")


def points_of(series):
    """[(labels, [(ms, float)])]"""
    for step, text, values in series:
        if "{{" in values:
            continue
        numbered = enumerate(samples_of(values))
        yield labels_of(text), [(round(i * step * 1000), value) for i, value in numbered if value is not None]


def varint(n):
    out = bytearray()
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def time_series(labels, at, value):
    words = b"".join(field(1, field(1, key.encode()) + field(2, text.encode())) for key, text in sorted(labels.items()))
    sample = b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at)
    return field(1, words + field(2, sample))


def snappy(data):
    """One literal after the other: the block format without compression."""
    out = bytearray(varint(len(data)))
    for start in range(0, len(data), 65536):
        piece = data[start:start + 65536]
        out += b"\xf4" + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


class Prometheus:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"http://127.0.0.1:{free_port()}"
        config = pathlib.Path(self.folder.name, "prometheus.yml")
        config.write_text("{}\n")
        self.child = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder.name}/data",
             f"--web.listen-address={self.url[7:]}", "--web.enable-remote-write-receiver", "--log.level=error",
             "--enable-feature=promql-negative-offset,promql-at-modifier"], stdout=subprocess.DEVNULL)

    def __enter__(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if http_get(self.url + "/-/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("prometheus does not get ready")

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(timeout=60)
        self.folder.cleanup()

    def load(self, series):
        """In order of time: what is older than an hour and a half of the newest it refuses."""
        points = sorted(((at, i, labels, value) for i, (labels, pairs) in enumerate(points_of(series))
                         for at, value in pairs), key=lambda point: point[:2])
        for _, batch in itertools.groupby(points, key=lambda point: point[0] // 600_000):
            body = snappy(b"".join(time_series(labels, at, value) for at, _, labels, value in batch))
            request = urllib.request.Request(self.url + "/api/v1/write", data=body, headers={
                "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                "X-Prometheus-Remote-Write-Version": "0.1.0"})
            urllib.request.urlopen(request, timeout=20).close()

    def ask(self, evaluation):
        """None: refused. Else what Evaluation.expected gives."""
        words = {"query": evaluation.expression}
        if len(evaluation.times) == 1:
            page, words["time"] = "query", evaluation.times[0]
        else:
            page, (words["start"], words["end"], words["step"]) = "query_range", evaluation.times
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{page}?{urllib.parse.urlencode(words)}", timeout=60) as got:
                data = json.load(got)["data"]
        except urllib.error.HTTPError as error:
            if error.code in (400, 422):
                return None
            raise
        if data["resultType"] == "scalar":
            return [(None, [float(data["result"][1])])]
        if data["resultType"] == "vector":
            return [(row["metric"], [float(row["value"][1])]) for row in data["result"]]
        return [(row["metric"], on_grid(evaluation.times, row["values"])) for row in data["result"]]


def on_grid(times, values):
    found = {round(at * 1000): float(value) for at, value in values}
    start, end, step = (round(at * 1000) for at in times)
    row = [found.get(at) for at in range(start, end + 1, step)]
    while row[-1] is None:
        row.pop()
    return row


def same(a, b):
    if a is None or b is None or math.isnan(a) or math.isnan(b):
        return (a is None) == (b is None) and (a is None or math.isnan(a) == math.isnan(b))
    return a == b or abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def difference(evaluation, expected, answer):
    if (answer is None) != evaluation.fails:
        return "refused" if answer is None else "not refused"
    if evaluation.fails:
        return None

    def ordered(rows):
        return rows if evaluation.ordered else sorted(rows, key=lambda row: sorted((row[0] or {}).items()))
    expected, answer = ordered(expected), ordered(answer)
    if [row[0] for row in expected] != [row[0] for row in answer]:
        return f"labels {[row[0] for row in answer]}"
    for (labels, values), (_, others) in zip(expected, answer):
        if len(values) != len(others) or not all(map(same, values, others)):
            return f"{labels}: {others}"
    return None


def number(value):
    if value is None:
        return "_"
    return "NaN" if math.isnan(value) else repr(value).replace("inf", "Inf").removesuffix(".0")


def written(answer):
    if answer is None:
        return []
    lines = []
    for labels, values in answer:
        values = " ".join(map(number, values))
        if labels is None:
            lines.append(f"  {values}")
            continue
        inside = ", ".join(f"{key}={json.dumps(text, ensure_ascii=False)}"
                           for key, text in sorted(labels.items()) if key != "__name__")
        name = labels.get("__name__", "")
        lines.append(f"  {name}{'{' + inside + '}' if inside or not name else ''} {values}")
    return lines


def each_answer(file):
    for series, evaluations in file.segments:
        asked = [evaluation for evaluation in evaluations if not evaluation.by_hand]
        if asked:
            with Prometheus() as prometheus:
                prometheus.load(series)
                for evaluation in asked:
                    yield evaluation, prometheus.ask(evaluation)


def write(path):
    file = File(path)
    answers = {}
    for evaluation, answer in each_answer(file):
        if (answer is None) != evaluation.fails:
            print(f"{path}:{evaluation.line + 1}: {'refused' if answer is None else 'not refused'}: "
                  f"{evaluation.expression}")
        answers[evaluation.line] = written(answer)
    file.write(answers)


class PromqlConformanceTest(unittest.TestCase):
    def test_what_is_expected_is_what_prometheus_answers(self):
        asked = by_hand = 0
        for path in sorted(FOLDER.glob("*.test")):
            file = File(path)
            by_hand += sum(evaluation.by_hand for _, evaluations in file.segments for evaluation in evaluations)
            for evaluation, answer in each_answer(file):
                asked += 1
                with self.subTest(f"{path.name}:{evaluation.line + 1} {evaluation.expression}"):
                    self.assertIsNone(difference(evaluation, evaluation.expected(), answer))
        print(f"{asked} evaluations are as Prometheus 2.42 answers them, {by_hand} more are by hand")
        self.assertGreaterEqual(asked, 400)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        for name in sys.argv[2:]:
            write(pathlib.Path(name))
    else:
        unittest.main()
