"""Malformed and abusive queries: each is refused, with a message that says what to change, and none takes the proxy's
memory.

    python -> agent-0 -> proxy -> global-0, global-1        interval 1 s

The texts are written by hand; `1:5:` is line and column of what is wrong.
"""
import concurrent.futures
import http.client
import json
import pathlib
import re
import time
import unittest
import urllib.parse

from cluster import Cluster

SERIES = 300  # many0, many1, ...; and twice as many of many_more
# Small enough that a few hundred series are over them.
LIMITS = """
query: {max_series: 200, max_samples: 100000, max_rows: 50000, max_points_per_series: 5000, timeout: 5s,
        max_answer_bytes: 64KiB}
"""
QUERY, RANGE = "/api/v1/query", "/api/v1/query_range"


def hour(query, step=60):
    return {"query": query, "start": 1_700_000_000, "end": 1_700_003_600, "step": step}


# (method, path, parameters, status, errorType, the whole message or a pattern)
SYNTAX = [(text, message) for text, message in [
    ("", "1:1: parse error: no expression found in input"),
    ("# nothing but a comment", "1:1: parse error: no expression found in input"),
    ("sum(", "1:5: parse error: unexpected end of input, expected an expression"),
    ("sum(shop.orders", "1:4: parse error: unclosed left parenthesis"),
    ("shop.orders{region=eu}", '1:20: parse error: unexpected "eu" in label matching, expected a string in quotes'),
    ('shop.orders{region="eu"', '1:24: parse error: unexpected end of input in label matching, expected ","'),
    ("shop.orders{region>='eu'}",
     '1:19: parse error: unexpected ">=" in label matching, expected one of "=", "!=", "=~" or "!~"'),
    ('{region=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ('shop.orders{region=~"eu("}', "1:1: parse error: error parsing regexp: missing ): eu("),
    ("shop.latency[5x]", '1:14: parse error: bad number or duration syntax: "5x"'),
    ("shop.latency[0s]", "1:14: parse error: duration must be greater than 0"),
    ("shop.latency[11y]", '1:14: parse error: bad number or duration syntax: "11y"'),
    ("rate(shop.orders)",
     '1:1: parse error: expected type range vector in call to function "rate", got instant vector'),
    ("p99(shop.latency[5m])", '1:1: parse error: unknown function with name "p99"'),
    ("quantile(0.99)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
    ("quantile([0.5, 0.99, shop.latency[5m])", '1:38: parse error: unexpected ")" in list of quantiles, expected "]"'),
    ("sum by region (shop.orders)", '1:8: parse error: unexpected "region" in grouping opts, expected "("'),
    ("1 +\n+\n* 2", '3:1: parse error: unexpected "*", expected an expression'),
    ("shop.orders and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'),
    ("'eu' + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
    ("shop.orders @ tomorrow", '1:15: parse error: unexpected "tomorrow" in @, expected timestamp, start() or end()'),
    ("SELECT * FROM shop", '1:15: parse error: unexpected "shop", expected an operator or the end'),
]]
TABLE = [("POST", QUERY, {"query": text}, 400, "bad_data", message) for text, message in SYNTAX] + [
    # What is too much by itself.
    ("POST", QUERY, {"query": "(" * 10_000 + "1" + ")" * 10_000}, 400, "bad_data",
     "1:201: parse error: expression is nested deeper than 200 levels; split it"),
    ("POST", QUERY, {"query": "+".join(["shop.orders"] * 1000)}, 400, "bad_data",
     "1:1: parse error: expression is nested deeper than 200 levels; split it"),
    ("POST", QUERY, {"query": "x" * 70_000}, 400, "bad_data",
     "query is longer than 65536 bytes; split it, or match with a shorter expression"),
    ("POST", QUERY, {"query": b"shop.orders{region='\xff\xfe'}"}, 400, "bad_data", "query is not UTF-8"),
    ("POST", QUERY, {"query": 'shop.orders{region=~"%s"}' % ("eu|" * 400)}, 400, "bad_data",
     r"global global-\d \(127\.0\.0\.1:\d+\): a regular expression of more than 1024 bytes"),
    ("POST", QUERY, {"query": 'shop.orders{region=~"((a{99}){99}){99}"}'}, 400, "bad_data",
     r"1:1: parse error: error parsing regexp: (bad repetition operator|pattern too large|invalid repetition size).*"),
    ("POST", QUERY, {"query": "shop.orders{%s}" % ",".join(f'l{n}="v"' for n in range(40))}, 400, "bad_data",
     r"global global-\d \(127\.0\.0\.1:\d+\): more than 32 matchers"),
    ("POST", QUERY, {"query": "sum by (%s) (increase(shop.orders[5m]))" % ",".join(f"l{n}" for n in range(40))}, 400,
     "bad_data", r"global global-\d \(127\.0\.0\.1:\d+\): more than 32 labels to group by"),
    ("POST", QUERY, {"query": "quantile([%s], shop.latency[5m])" % ",".join(["0.5"] * 100)}, 400, "bad_data",
     '1:1: parse error: expected at most 64 argument(s) in call to "histogram_quantiles", got 102'),
    # What takes too much of the cluster.
    ("POST", QUERY, {"query": '{__name__=~"many[0-9]"}'}, 422, "execution",
     "query takes more than 200 series (query.max_series); narrow its selectors, its time or its step"),
    ("POST", QUERY, {"query": "count(many_more)"}, 422, "execution",
     r"global global-\d \(127\.0\.0\.1:\d+\): the query reaches max_series = 200; ask for fewer series or a shorter time"),
    ("POST", QUERY, {"query": "sum_over_time(vector(1)[2d:1s])"}, 422, "execution",
     "subquery has more than 100000 steps (query.max_samples); shorten its range or lengthen its step"),
    ("POST", QUERY, {"query": "sum_over_time((vector(1) + vector(2))[60000s:1s])"}, 422, "execution",
     "query takes more than 100000 samples (query.max_samples); narrow its selectors, its time or its step"),
    ("POST", RANGE, hour("vector(1)", step=0.5), 422, "execution",
     "exceeded maximum resolution of 5000 points per timeseries (query.max_points_per_series). Try decreasing the query "
     "resolution (?step=XX)"),
    ("POST", RANGE, hour("vector(1)", step=0.8), 422, "execution",
     "the answer is over 65536 bytes (query.max_answer_bytes); aggregate, narrow the selector, or lengthen the step"),
    # What has no answer.
    ("POST", QUERY, {"query": "quantile(0.99, shop.orders[5m])"}, 422, "execution",
     "percentiles are of timers, histograms and distributions, and here are others (1:1): of a counter ask rate() or "
     "increase(), of a gauge quantile_over_time(0.99, m[5m]), of a set distinct(); or send the metric as a timer"),
    ("POST", QUERY, {"query": "avg by (region) (rate(shop.latency[5m]))"}, 422, "execution",
     "avg of distributions has no meaning (a percentile of averages is not a percentile): use sum by (...), and "
     "histogram_quantile or histogram_avg of it (1:1)"),
    ("POST", QUERY, {"query": "quantile(0.99, shop.latency[5m]) by (host)"}, 422, "execution",
     '"shop.latency" is kept for the fleet as a whole, without hosts; a rule that also keeps it with scope `host` is '
     "needed for by (host)"),
    ("POST", QUERY, {"query": "distinct(shop.latency[5m])"}, 422, "execution",
     "distinct needs sets (1:1); of timers and histograms ask histogram_count"),
    ("POST", QUERY, {"query": "shop.orders + on(job) shop.orders"}, 422, "execution",
     r"found duplicate series for the match group .*many-to-many matching not allowed: matching labels must be unique on one side.*"),
    ("POST", QUERY, {"query": "topk(scalar(nothing), shop.orders)"}, 422, "execution",
     "the parameter of topk is NaN, not a number of series"),
    ("POST", QUERY, {"query": 'label_replace(shop.orders, "x", "$1", "region", "(")'}, 400, "bad_data",
     r"invalid regular expression in label_replace\(\): .*"),
    ("POST", QUERY, {"query": 'twin_a_b'}, 422, "execution",
     '"twin_a_b" is the name of several metrics: twin.a.b, twin.a_b; quote the one you mean, as {"name"}'),
    # Parameters.
    ("GET", QUERY, {}, 400, "bad_data", 'the parameter "query" is missing'),
    ("GET", QUERY, {"query": "1", "time": "yesterday"}, 400, "bad_data",
     'the parameter "time" is Unix seconds or RFC 3339, not "yesterday"'),
    ("GET", QUERY, {"query": "1", "time": "NaN"}, 400, "bad_data",
     'the parameter "time" is Unix seconds or RFC 3339, not "NaN"'),
    ("GET", QUERY, {"query": "1", "timeout": "-1s"}, 400, "bad_data",
     'the parameter "timeout" is seconds or a duration such as 30s, more than 0, not "-1s"'),
    ("GET", RANGE, {"query": "1", "start": 1, "end": 2}, 400, "bad_data", 'the parameter "step" is missing'),
    ("GET", RANGE, {"query": "1", "start": 2, "end": 1, "step": 1}, 400, "bad_data",
     'the parameter "end" is before "start"'),
    ("GET", RANGE, {"query": "1", "start": 1, "end": 2, "step": 0}, 400, "bad_data",
     'the parameter "step" is seconds or a duration such as 30s, more than 0, not "0"'),
    ("GET", RANGE, hour("shop.latency[5m]"), 400, "bad_data",
     'invalid expression type "range vector" for range query, must be Scalar or instant Vector'),
    ("GET", "/api/v1/series", {}, 400, "bad_data", "no match[] parameter provided"),
    ("GET", "/api/v1/series", {"match[]": "shop.orders[5m]"}, 400, "bad_data",
     '1:1: parse error: expected a selector such as up{job="x"}, found shop.orders[5m]'),
    ("GET", "/api/v1/series", [("match[]", f"m{n}") for n in range(40)], 400, "bad_data",
     r"global global-\d \(127\.0\.0\.1:\d+\): more than 32 selectors"),
    ("GET", "/api/v1/labels", {"limit": "all"}, 400, "bad_data",
     'the parameter "limit" is a whole number, 0 for as many as there are'),
    ("GET", "/api/v1/label/region/value", {}, 404, "not_found",
     "/api/v1/label/region/value is not served; docs/query.md lists what is"),
    ("GET", "/api/v2/query", {"query": "1"}, 404, "not_found", "/api/v2/query is not served; docs/query.md lists what is"),
    ("GET", "/api/v1/status/audit", {"intervals": 1000}, 400, "bad_data", "intervals must be a number from 1 to 60"),
    # Of the HTTP server itself, and of remote read: text.
    ("PUT", QUERY, {}, 405, None, "use GET, POST"),
    ("GET", QUERY, {"query": "x" * 20_000}, 431, None, "the header is too large"),
    ("POST", QUERY, {"query": "x" * 1_100_000}, 413, None, "the body is too large"),
    ("POST", QUERY, [("match[]", "x")] * 1500, 400, None, r".*1,?000.*"),
    ("POST", "/api/v1/read", {"query": "up"}, 400, None, "remote read takes protobuf with Content-Encoding: snappy"),
]


class BadQueriesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        config = cls.cluster.proxy.config
        config.write_text(config.read_text() + LIMITS)
        cls.enterClassContext(cls.cluster)
        agent = cls.cluster.agents[0]
        for _ in range(3):
            for first in range(0, SERIES, 50):
                agent.send_unix(b"\n".join(b"many%d:1|c|#n:%d" % (n % 10, n) for n in range(first, first + 50)),
                                b"\n".join(b"many_more:1|c|#n:%d" % n for n in range(2 * first, 2 * first + 100)))
            agent.send_unix(b"shop.orders:3|c|#region:eu\nshop.orders:1|c|#region:us\nshop.latency:5|ms|#region:eu",
                            b"twin.a.b:1|c\ntwin.a_b:1|c")
            time.sleep(1)
        cls.cluster.assert_books_balance(unittest.TestCase())

    def ask(self, method, path, parameters):
        """(status, errorType, message)."""
        text = urllib.parse.urlencode(parameters)
        connection = http.client.HTTPConnection("127.0.0.1", self.cluster.proxy.http_port, timeout=30)
        try:
            if method == "POST":
                connection.request(method, path, text, {"Content-Type": "application/x-www-form-urlencoded"})
            else:
                connection.request(method, f"{path}?{text}" if text else path)
            reply = connection.getresponse()
            body = reply.read().decode()
        finally:
            connection.close()
        if reply.headers["Content-Type"] != "application/json":
            return reply.status, None, body.removesuffix("\n")
        answer = json.loads(body)
        return reply.status, answer.get("errorType"), answer.get("error")

    def peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.cluster.proxy.child.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024

    def test_each_is_refused_and_told_what_to_change(self):
        self.assertGreaterEqual(len(TABLE), 50)
        for method, path, parameters, status, kind, message in TABLE:
            with self.subTest(method=method, path=path, parameters=str(parameters)[:80]):
                got = self.ask(method, path, parameters)
                self.assertEqual(got[:2], (status, kind), got)
                if got[2] != message:
                    self.assertRegex(got[2], f"^{message}$")

    def test_and_none_takes_the_memory(self):
        self.ask("POST", QUERY, {"query": "sum(increase(shop.orders[5m]))"})
        before = self.peak_bytes()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            futures = [pool.submit(self.ask, *bad[:3]) for _ in range(20) for bad in TABLE]
            statuses = [future.result()[0] for future in futures]
        # Over eight at once are told so. Where a global has too many, a part is answered, with a warning.
        self.assertLessEqual(set(statuses), {200, 400, 404, 405, 413, 422, 431, 503})
        self.assertLess(statuses.count(200), 20)
        grown = self.peak_bytes() - before
        # 100,000 points of 32 bytes are 3 MiB, eight queries at once 26, with a copy each of what they made 52.
        self.assertLess(grown, 96 << 20)
        print(f"{len(futures)} bad queries: peak grew by {grown / 2**20:.1f} MiB from {before / 2**20:.1f}")
        self.assertEqual(self.ask("POST", QUERY, {"query": "1"})[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
