"""Globals leave for good and hand their history over: last week's answers stay what they were, before, during and after.

    agent-0, agent-1 -> proxy -> global-0 .. global-3, of which a file names some        interval 1 s

The history is of a week, in rows of an hour, a minute and a second; it is put into the stores by --store import.
"""
import base64
import json
import math
import subprocess
import threading
import time
import unittest
import urllib.parse

from cluster import BIN, lambda_text
from kill_test import SERIES, Traffic
from membership_test import FoundByFile

HOUR_MS = 3600 * 1000
MINUTE_MS = 60 * 1000


def without_totals(row):
    """A stored row as a rolled-up one has it: fields 8 to 10 are running totals."""
    kept, at = b"", 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte, at = row[at], at + 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(row):
        start, tag = at, varint()
        wire = tag & 7
        if wire == 0:
            varint()
        elif wire == 2:
            size = varint()
            at += size
        else:
            at += 8 if wire == 1 else 4
        if tag >> 3 not in (8, 9, 10):
            kept += row[start:at]
    return kept


def history_of(export, now_ms):
    """Lines of an import: what an export has of one second each, as rows of last week. By series: different rows."""
    header, *lines = export.splitlines()
    rows = {}
    for line in map(json.loads, lines):
        if line["resolution"] == "1s" and line["version"] == 1:
            rows.setdefault((line["series"], line["type"]), []).append(line)
    hour = now_ms // HOUR_MS * HOUR_MS
    made = [header]

    def add(line, resolution, end_ms):
        raw = without_totals(base64.b64decode(line["row"]))
        row = raw if resolution == "1s" else b"\0" + raw  # made of every interval
        made.append(json.dumps({**line, "resolution": resolution, "end_unix_ms": end_ms,
                                "row": base64.b64encode(row).decode()}))

    for series in rows.values():
        for n in range(24, 7 * 24):
            add(series[n % len(series)], "1h", hour - n * HOUR_MS)
        for n in range(90):
            add(series[n % len(series)], "1m", hour - 6 * HOUR_MS - n * MINUTE_MS)
        for n in range(100):
            add(series[n % len(series)], "1s", hour - 3 * HOUR_MS - n * 1000)
    return "\n".join(made) + "\n"


class Questions:
    """What is asked again and again, at one time."""

    def __init__(self, cluster, at):
        self.cluster, self.at = cluster, at

    def ask(self):
        """({question: {labels: [values]}}, warnings)."""
        answers, warnings = {}, []
        for question in ("quantile(0.99, kill.latency[7d]) by (series)", "quantile(0.5, kill.latency[7d])",
                         "histogram_count(increase(kill.latency[7d]))", "sum by (series) (increase(kill.hits[7d]))",
                         "sum(increase(kill.hits[1h] offset 6h))", "sum(increase(kill.hits[5m]))",
                         "sum(increase(kill.hits[3m] offset %ds))" % (self.at % 3600 + 3 * 3600)):
            reply = self.cluster.query(question, at=self.at)
            answers[question] = {tuple(sorted(one["metric"].items())): [one["value"][1]]
                                 for one in reply["data"]["result"]}
            warnings += reply.get("warnings", [])
        question = "quantile(0.99, kill.latency[6h]) by (series)"
        words = urllib.parse.urlencode({"query": question, "start": self.at - 6 * 86400, "end": self.at, "step": 6 * 3600})
        status, text = self.cluster.proxy.http_get(f"/api/v1/query_range?{words}", timeout=20)
        reply = json.loads(text)
        assert status == 200, text
        answers["range"] = {tuple(sorted(one["metric"].items())): [value for _, value in one["values"]]
                            for one in reply["data"]["result"]}
        return answers, warnings + reply.get("warnings", [])


class HandoverTest(unittest.TestCase):
    def assert_same(self, expected, actual, when):
        self.assertEqual(expected.keys(), actual.keys())
        for question, answers in expected.items():
            self.assertEqual(answers.keys(), actual[question].keys(), f"{when}: {question}")
            for labels, values in answers.items():
                got = actual[question][labels]
                self.assertEqual(len(values), len(got), f"{when}: {question} {labels}")
                for was, now in zip(map(float, values), map(float, got)):
                    if "quantile" in question or question == "range":
                        # Merged in another tree: the digests' own error, far below a row that is missing.
                        self.assertTrue(math.isclose(was, now, rel_tol=2e-3), f"{when}: {question} {labels} {was} {now}")
                    else:
                        self.assertEqual(was, now, f"{when}: {question} {labels}")

    def fill(self, cluster):
        """Traffic of some seconds, and a week made of it; returns the questions and what is true of it."""
        with Traffic(cluster.agents) as traffic:
            time.sleep(4)
        cluster.wait_for(lambda: cluster.total("kill.hits") >= traffic.samples, 60, "every hit in the sinks")
        now_ms = int(time.time() * 1000)
        for process in cluster.globals[:cluster.started]:
            process.kill()
        rows = 0
        for n, process in enumerate(cluster.globals[:cluster.started]):
            store = cluster.dir / f"global-{n}" / "store"
            export = subprocess.run([BIN / "tributary-global", "--store", "export", store], check=True,
                                    capture_output=True, text=True, timeout=60).stdout
            history = history_of(export, now_ms)
            imported = subprocess.run([BIN / "tributary-global", "--store", "import", store], input=history, check=True,
                                      capture_output=True, text=True, timeout=60).stdout
            rows += int(imported.split()[0])
            process.start()
        for process in cluster.globals[:cluster.started]:
            cluster.wait_for(lambda p=process: cluster.is_ready(p), 60, f"{process.name} ready")
        self.assertGreater(rows, 2 * SERIES * 300)
        questions = Questions(cluster, at=now_ms // 1000)
        last = [None]

        def is_settled():  # rolled up
            before, last[0] = last[0], questions.ask()
            time.sleep(1)
            return before == last[0] and not last[0][1]
        cluster.wait_for(is_settled, 60, lambda_text(lambda: f"the same answer twice, without a warning: {last[0][1]}"))
        answers = last[0][0]
        # Not of what was read here, but of what was put in: 144 hours and 90 minutes of rows that stand for their time.
        self.assertEqual(len(answers["sum by (series) (increase(kill.hits[7d]))"]), SERIES)
        self.assertEqual(len(answers["range"]), SERIES)
        return questions, answers

    def test_from_four_to_two_the_answers_of_last_week_do_not_change(self):
        with FoundByFile(globals_=4, named=4) as cluster:
            questions, before = self.fill(cluster)
            seen, failures, stop = [], [], threading.Event()

            def keep_asking():
                while not stop.is_set():
                    try:
                        answers, warnings = questions.ask()
                        seen.append(answers)
                        self.assert_same(before, answers, "during")
                        self.assertEqual(warnings, [])
                    except Exception as failure:  # told below, on the test's own thread
                        failures.append(failure)
                        return
            asking = threading.Thread(target=keep_asking)
            asking.start()
            try:
                for count in (3, 2):
                    cluster.name(range(count))
                    cluster.wait_for_members(count)
                    self.assertEqual(cluster.globals[count].stop(timeout=60), 0)
                time.sleep(2)
            finally:
                stop.set()
                asking.join()
            self.assertEqual(failures, [])
            self.assertGreater(len(seen), 5)
            after, warnings = questions.ask()
            self.assertEqual(warnings, [])
            self.assert_same(before, after, "after")
            taken = [process.metric("tributary_global_handover_rows_taken_total") for process in cluster.globals[:2]]
            self.assertGreater(min(taken), SERIES, "both have taken some of it")
            for process in cluster.globals[:2]:  # and it is on their disks
                process.kill()
                process.start()
            for process in cluster.globals[:2]:
                cluster.wait_for(lambda p=process: cluster.is_ready(p), 60, f"{process.name} ready")
            self.assert_same(before, questions.ask()[0], "after a restart of the rest")

            # One comes back, with its old disk: its history is at the others, and counts once.
            cluster.globals[2].start()
            cluster.name(range(3))
            cluster.wait_for_members(3)
            back, warnings = questions.ask()
            self.assert_same(before, back, "when one is back")

    def test_a_global_that_vanishes_is_told_and_a_restart_moves_nothing(self):
        with FoundByFile(globals_=3, named=3) as cluster:
            questions, before = self.fill(cluster)
            self.assertEqual(cluster.globals[1].stop(), 0)
            cluster.globals[1].start()
            cluster.wait_for_members(3)
            cluster.wait_for(lambda: not questions.ask()[1], 30, "no warning")
            self.assert_same(before, questions.ask()[0], "after a restart")
            self.assertEqual(sum(p.metric("tributary_global_handover_rows_taken_total") for p in cluster.globals), 0)

            cluster.globals[2].kill()
            cluster.name(range(2))
            cluster.wait_for_members(2)
            cluster.wait_for(lambda: any("global-2 left at" in warning and "without handing its history over" in warning
                                         for warning in questions.ask()[1]), 30, "a warning that global-2 is gone")


if __name__ == "__main__":
    unittest.main()
