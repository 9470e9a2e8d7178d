#!/usr/bin/env python3
"""`tributary query`, `series` and `labels` ask a running cluster.

    python -> agent-0 -> proxy -> global-0, global-1 <- tributary        interval 1 s
"""
import csv
import io
import json
import os
import pathlib
import subprocess
import time
import unittest

from cluster import Cluster

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN", "build/dev/bin")).resolve()


class QueryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=1)
        cls.addClassCleanup(lambda: cls.cluster.__exit__(None, None, None))
        cls.cluster.__enter__()
        cls.start = time.time()
        cls.cluster.agents[0].send_unix(*[b"shop.wait:%d|ms|#region:eu" % n for n in range(1, 101)],
                                        *[b"shop.wait:%d|ms|#region:us" % (10 * n) for n in range(1, 101)])
        cls.cluster.wait_for(lambda: cls.cluster.count("shop.wait") == 200, 30, "all samples committed")

    def run_cli(self, *words):
        return subprocess.run([BIN / "tributary", *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TRIBUTARY_PROXY": self.cluster.proxy.url})

    def ask(self, *words):
        done = self.run_cli(*words, "-o", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def test_percentiles_by_a_tag(self):
        rows = self.ask("query", "p0,p50,p100", "shop.wait", "--last", "10m", "--by", "region")
        self.assertEqual([(row["region"], float(row["p0"]), float(row["p100"])) for row in rows],
                         [("eu", 1, 100), ("us", 10, 1000)])
        for row, middle in zip(rows, (50, 500)):
            self.assertAlmostEqual(float(row["p50"]), middle, delta=middle * 0.03)

    def test_an_expression_over_a_range_adds_up(self):
        rows = self.ask("query", "histogram_count(sum(increase(shop.wait[10s])))", "--start", f"{self.start - 10:.0f}",
                        "--end", f"{self.start + 30:.0f}", "--step", "10s")
        self.assertEqual(sum(float(row["value"]) for row in rows), 200)

    def test_percentiles_over_a_range_are_each_of_a_step(self):
        rows = self.ask("query", "p100", "shop.wait", "--start", f"{self.start - 600:.0f}", "--step", "1s")
        self.assertEqual(max(float(row["p100"]) for row in rows), 1000)
        self.assertTrue(all(row["time"].endswith("Z") for row in rows))

    def test_the_answer_tells_how_it_was_made(self):
        done = self.run_cli("query", "p99", "shop.wait", "--last", "10m")
        self.assertIn("globals 2/2", done.stderr)
        self.assertIn("2 series", done.stderr)
        self.assertIn("P99", done.stdout)

    def test_conditions_set_the_exit_status(self):
        for words, status in ((["--fail-if", ">999ms"], 3), (["--fail-if", ">1s"], 0), (["--fail-if", ">=1s"], 3),
                              (["--fail-if", "<1s", "--fail-if", "!=1000"], 0)):
            done = self.run_cli("query", "p100", "shop.wait", "--last", "10m", *words)
            self.assertEqual(done.returncode, status, (words, done.stderr))
        share = ["query", "histogram_fraction(0, 100, sum(increase(shop.wait[10m])))"]  # 110 of 200
        self.assertEqual(self.run_cli(*share, "--fail-if", "<50%").returncode, 0)
        self.assertEqual(self.run_cli(*share, "--fail-if", "<60%").returncode, 3)
        self.assertEqual(self.run_cli("query", "p99", "no.such", "--fail-if", ">1").returncode, 1)
        self.assertEqual(self.run_cli("query", "p99", "no.such", "--fail-if", ">1", "--allow-empty").returncode, 0)
        self.assertEqual(self.run_cli("query", "p99", "shop.wait", "--proxy", "127.0.0.1:1", "--fail-if", ">1").returncode, 1)
        self.assertEqual(self.run_cli("query", "sum(", "--fail-if", ">1").returncode, 2)

    def test_series_and_labels_tell_what_there_is(self):
        rows = self.ask("series", "shop.wait", "--last", "10m")
        self.assertEqual([(row["__name__"], row["region"]) for row in rows], [("shop_wait", "eu"), ("shop_wait", "us")])
        self.assertEqual(len(self.ask("series", "shop.wait", "--where", "region=us")), 1)
        self.assertEqual(self.run_cli("labels", "region", "--of", "shop.wait").stdout, "eu\nus\n")
        self.assertIn("region", self.run_cli("labels").stdout.splitlines())
        listed = json.loads(self.run_cli("labels", "__name__", "-o", "json").stdout)
        self.assertEqual((listed["status"], "shop_wait" in listed["data"]), ("success", True))
        self.assertEqual(self.run_cli("series", "no.such").returncode, 1)
        self.assertEqual(self.run_cli("labels", "region", "--end", "1000", "--last", "5m").returncode, 1)
        self.assertEqual(self.run_cli("series", "{").returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
