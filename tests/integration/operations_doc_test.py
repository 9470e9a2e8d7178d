"""docs/operations.md against the programs: keys, metrics, reasons and books are there, and nothing else is.

    agent-0 (own sink), agent-1 (none) -> proxy -> global-0, global-1        interval 1 s

The page's tables are read by their headings: "Keys of tributary-local", "Metrics of sinks" and so on.
"""
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from cluster import BIN, Cluster, free_port, http_get
from tls_cluster import make_certs

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
PROGRAMS = ["tributary-local", "tributary-proxy", "tributary-global"]
# Labels whose values are of this machine or its configuration; the values of all others are a fixed set.
FREE_LABELS = {"digest", "version", "listener", "owner", "sink", "le", "metric", "tag", "client", "resolution"}
# What the page says where a default depends on something else, by key, and where there is none that would do.
WORDED_DEFAULTS = {"node_id": "the host's name", "sinks[].name": "the kind"}
# Answers that are asked for again, and what others have lost and count themselves.
NO_LOSS = {"tributary_global_sends_dropped_total", "tributary_proxy_answers_dropped_total",
           "tributary_global_agent_samples_dropped_total"}
REQUIRED = {"sinks[].kind", "services[].name", "resources[].name", "globals.members[].id", "globals.members[].address"}


def cells_of(line):
    """The cells of a table's row, none for other lines."""
    return [cell.strip() for cell in line[1:-1].split("|")] if line.startswith("|") and line.endswith("|") else [""]


def tables(kind):
    """{program: {first cell: the other cells}} of the sections "<kind> of ..."."""
    found = {program: {} for program in PROGRAMS}
    for section in re.split(r"(?m)^###? ", PAGE)[1:]:
        title, _, body = section.partition("\n")
        whom = title.removeprefix(f"{kind} of ")
        if whom == title:
            continue
        of = {"every program": PROGRAMS, "sinks": ["tributary-local", "tributary-global"]}.get(whom, [whom])
        for line in body.splitlines():
            cells = cells_of(line)
            name = re.fullmatch(r"`([^`]+)`", cells[0])
            for program in of if name else []:
                assert name[1] not in found[program], f"{name[1]} is there twice for {program}"
                found[program][name[1]] = [cell.strip("` ") for cell in cells[1:]]
    return found


def keys_of(program):
    """{key: (type, default)} as the program lists them."""
    out = subprocess.run([BIN / program, "--print-config-keys"], check=True, capture_output=True, text=True, timeout=20)
    keys = {}
    for line in out.stdout.splitlines():
        key, default, kind = re.fullmatch(r"(\S+): (.*)  # (.*?)(?:, TRIBUTARY_[A-Z_]+)?", line).groups()
        keys[key] = (kind.replace(" | ", ", "), default.replace('"', "") or '""')
    return keys


def check_config(program, path, **environment):
    command = [BIN / program, "--check-config", "--config", path]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment)


class Scrape:
    """/metrics of one process: families with their labels, values of labels, and sums."""

    def __init__(self, text):
        self.families, self.samples = {}, []
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.families[name] = set()
            elif line and not line.startswith("#"):
                name, labels, value = re.fullmatch(r"(\w+)(?:{(.*)})? (\S+)", line).groups()
                labels = dict(re.findall(r'(\w+)="([^"]*)"', labels or ""))
                self.samples.append((name, labels, float(value)))
                family = name if name in self.families else re.sub("_(bucket|sum|count)$", "", name)
                self.families[family] |= labels.keys() - {"le"}

    def sum(self, name, label=None, pattern=None):
        return sum(value for found, labels, value in self.samples
                   if found == name and (label is None or re.fullmatch(pattern, labels.get(label, ""))))


def books():
    """[(of what, left side, terms of the right side)]; a term is (name, label, pattern)."""
    lines = re.search(r"```books\n(.*?)```", PAGE, re.S)[1].splitlines()
    whom, equations = None, []
    for line in lines:
        if not line.startswith(" "):
            whom = line
            continue
        left, right = line.split(" = ")
        terms = [re.fullmatch(r'(\w+)(?:{(\w+)=~"([^"]*)"})?', term.strip()).groups() for term in right.split(" + ")]
        equations.append((whom, left.strip(), terms))
    return equations


class KeysTest(unittest.TestCase):
    def test_every_key_is_documented_with_its_type_range_and_default_and_no_other_is(self):
        documented = tables("Keys")
        for program in PROGRAMS:
            listed = keys_of(program)
            self.assertGreater(len(listed), 10)
            self.assertEqual(sorted(documented[program]), sorted(listed), program)
            for key, (kind, default) in listed.items():
                expected = "required" if key in REQUIRED else WORDED_DEFAULTS.get(key, default)
                expected = expected.replace("<redacted>", '""')
                with self.subTest(program=program, key=key):
                    self.assertEqual(documented[program][key][:2], [kind, expected])


class ExamplesTest(unittest.TestCase):
    def test_the_examples_pass_the_check(self):
        examples = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
        self.assertEqual([path.stem for path in examples], ["global", "local", "proxy"])
        for path in examples:
            done = check_config(f"tributary-{path.stem}", path)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)

    def test_the_rendered_demo_configurations_pass_the_check(self):
        cluster = Cluster(agents=1)
        try:
            for process in cluster.processes:
                done = check_config(process.program, process.config)
                self.assertEqual((done.returncode, done.stderr), (0, ""), process.name)
        finally:
            cluster.__exit__(None, None, None)

    def check_broken(self, program, text, expected, **environment):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = check_config(program, file.name, **environment)
            lines = [line.removeprefix(f"{file.name}:") for line in done.stderr.splitlines()]
        self.assertEqual(done.returncode, 1)
        self.assertEqual([": ".join(line.split(": ")[:2]) for line in lines], expected, lines)

    def test_a_broken_agent_is_told_all_its_errors_at_once_with_their_lines(self):
        self.check_broken("tributary-local", """\
cluster: ""
interval: 7s
ingest:
  udp_readers: -1
  socket_mode: "0999"
forward:
  proxies: ["10.0.0.1:8127", "nonsense"]
  memory_byte: 1GiB
sinks:
  - kind: remote_write
    percentiles: [99]
rules:
  - {name: x, scope: nowhere, by: [a], without: [b]}
""", ["1: cluster", "2: interval", "4: ingest.udp_readers", "5: ingest.socket_mode", "7: forward.proxies",
      "7: forward.proxies", "8: forward.memory_byte", "10: sinks[0].url", "11: sinks[0].percentiles[0]",
      "13: rules[0].scope", "13: rules[0].without", "TRIBUTARY_FLUSH_COMPRESSION: flush.compression"],
                          TRIBUTARY_FLUSH_COMPRESSION="1")

    def test_a_broken_proxy_and_a_broken_global_are_too(self):
        self.check_broken("tributary-proxy", """\
grpc: {max_connections: 0}
globals:
  refresh: 0s
  members:
    - {id: a, address: "127.0.0.1:1"}
    - {id: a, weight: 0}
http: {cors_origins: ["https://grafana.example", "grafana.example/"]}
query: {timeout: 50s, max_timeout: 10s, max_series: 1000000}
""", ["1: grpc.max_connections", "3: globals.refresh", "6: globals.members[1].address", "6: globals.members[1].weight",
      "6: globals.members[1].id", "7: http.cors_origins", "8: query.timeout", "8: query.max_series"])
        self.check_broken("tributary-global", """\
merge:
  coverage: 2
store:
  path: ""
outbox: {max_bytes: 1}
extra: 1
""", ["2: merge.coverage", "4: store.path", "5: outbox.max_bytes", "6: extra"])


class BlocksTest(unittest.TestCase):
    """What the pages fence as `yaml`, and nothing else, is a part of a configuration, a file of members, or Prometheus's. What
    is of another kind says so: ```yaml pod."""

    # What a program needs beside the block; a block's own keys take their place.
    BASES = {"tributary-local": {"cluster": "cluster: demo", "forward": "forward: {proxies: ['127.0.0.1:1']}"},
             "tributary-proxy": {"cluster": "cluster: demo", "globals": "globals: {members: [{id: a, address: '127.0.0.1:1'}]}"},
             "tributary-global": {"cluster": "cluster: demo"}}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tributary-blocks-")
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)
        make_certs(self.dir / "tls", "--agents", "1", "--proxies", "1", "--globals", "1")
        (self.dir / "clickhouse").write_text("password\n")

    def test_every_block_of_yaml_is_good_for_what_it_is(self):
        blocks = [(page.relative_to(ROOT), block) for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
                  for block in re.findall(r"(?ms)^```yaml\n(.*?)^```$", page.read_text())]
        self.assertGreaterEqual(len(blocks), 5)
        for page, block in blocks:
            with self.subTest(page=page, begins=block[:40]):
                keys = set(re.findall(r"(?m)^(\w+):", block))
                if keys & {"scrape_configs", "remote_read"}:
                    self.check_prometheus(block, "config")
                elif keys == {"groups"}:
                    self.check_prometheus(block, "rules")
                elif keys == {"generation", "members"}:
                    self.check_members(block)
                else:
                    self.check_configuration(block, keys)

    def check_configuration(self, block, keys):
        told = {}
        for program, base in self.BASES.items():
            path = self.dir / f"{program}.yaml"
            rest = [line for key, line in base.items() if key not in keys]
            path.write_text("\n".join([*rest, block.replace("/etc/tributary/", f"{self.dir}/")]))
            done = check_config(program, path)
            if (done.returncode, done.stderr) == (0, ""):
                return
            told[program] = done.stderr
        self.fail(f"no program takes it: {told}")

    def check_members(self, block):
        (self.dir / "members.yaml").write_text(block)
        path = self.dir / "proxy.yaml"
        path.write_text(f"cluster: demo\ntls: off\nglobals: {{file: {self.dir}/members.yaml}}\n")
        done = check_config("tributary-proxy", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def check_prometheus(self, block, what):
        path = self.dir / "prometheus.yml"
        (self.dir / "pager.yml").write_text("groups: []\n")
        path.write_text(block.replace("/usr/share/tributary/monitoring", str(ROOT / "monitoring"))
                        .replace("/etc/prometheus", str(self.dir)))
        done = subprocess.run(["promtool", "check", what, path], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(agents=2)
        cls.addClassCleanup(lambda: cls.cluster.__exit__(None, None, None))
        for agent in cls.cluster.agents:
            text = agent.config.read_text()
            text = text.replace("  listen:\n", f"  listen:\n    - tcp://127.0.0.1:{free_port()}\n", 1)
            text += 'rules:\n  - {name: "here.*", scope: local}\n  - {name: "gone.*", drop: true}\n'
            if agent is cls.cluster.agents[0]:
                text += "sinks:\n  - kind: json_lines\n    match: {names: [here.a]}\n"
                text += f"    path: {cls.cluster.dir}/local.jsonl\n"
            agent.config.write_text(text)
        cls.cluster.__enter__()
        cls.send_traffic()
        cls.busy_scrapes = cls.wait_for_census()
        cls.scrapes = cls.settled_scrapes()

    @classmethod
    def send_traffic(cls):
        now = int(time.time())
        for turn in range(30):
            for agent in cls.cluster.agents:
                agent.send_unix(b"hits:1|c|#n:%d\nlatency:%d|ms" % (turn % 7, turn),
                                b"here.a:1|c\nhere.b:1|c\ngone:1|c\ngone.x:1|c",
                                b"late:1|c|T%d\nold:1|c|T5\nusers:%d|s\nlevel:3|g" % (now - 20, turn),
                                b"bad\n_e{2,2}:ab|cd\n_sc|db|0",
                                b"many.tags:1|c|#" + b",".join(b"t%d" % n for n in range(200)))
            time.sleep(0.05)

    @classmethod
    def wait_for_census(cls):
        """Of agents while they tell who was behind the last interval, which they do as long as somebody was."""
        scrapes = []

        def told():
            scrapes[:] = [(p, Scrape(http_get(p.url + "/metrics")[1])) for p in cls.cluster.agents]
            return any(scrape.sum("tributary_local_metric_series") > 0 and
                       scrape.sum("tributary_local_folded_samples") > 0 for _, scrape in scrapes)

        cls.cluster.wait_for(told, 30, "a census")
        return scrapes

    @classmethod
    def settled_scrapes(cls):
        """Of a moment when everything has arrived everywhere, so that every equation holds.

        Twice in a row: then what the agents told of the first time has been waited for at the globals the second time.
        """
        scrapes, at_rest_before = [], []

        def agent_rests(scrape):
            flushed = scrape.sum("tributary_local_samples_flushed_total")
            units = flushed - scrape.sum("tributary_local_samples_flushed_total", "to", "local")
            dropped = scrape.sum("tributary_local_samples_dropped_total")
            return (flushed > 0 and scrape.sum("tributary_local_samples_accepted_total") == flushed + dropped and
                    scrape.sum("tributary_local_samples_committed_total") == units)

        def at_rest():
            scrapes[:] = [(p, Scrape(http_get(p.url + "/metrics")[1])) for p in cls.cluster.processes]
            waiting = sum(scrape.sum(f"tributary_{queue}") for _, scrape in scrapes
                          for queue in ("global_samples_open", "global_outbox_rows_queued", "local_sink_queue_rows"))
            at_rest_before.append(waiting == 0 and all(agent_rests(s) for p, s in scrapes if p in cls.cluster.agents))
            return all(at_rest_before[-2:]) and len(at_rest_before) > 1

        cls.cluster.wait_for(at_rest, 30, "everything at rest")
        return scrapes

    def exposed(self, program):
        families = {}
        for process, scrape in self.scrapes + self.busy_scrapes:
            if process.program == program:
                for name, labels in scrape.families.items():
                    families.setdefault(name, set()).update(labels)
        return families

    def test_every_family_is_documented_with_its_labels_and_no_other_is(self):
        documented = tables("Metrics")
        for program in PROGRAMS:
            exposed = self.exposed(program)
            self.assertGreater(len(exposed), 20)
            self.assertEqual(sorted(documented[program]), sorted(exposed), program)
            for name, labels in exposed.items():
                told = {label for label in documented[program][name][0].split(", ") if label}
                self.assertEqual(told, labels, name)

    def test_every_name_in_the_page_is_a_metric_or_in_the_source(self):
        known = {name for program in PROGRAMS for name in self.exposed(program)}
        source = "\n".join(path.read_text() for folder in ("common", "local", "proxy", "global")
                           for path in (ROOT / folder).rglob("*.cc"))
        for name in sorted(set(re.findall(r"`(tributary_[a-z_]+)", PAGE))):
            self.assertTrue(name in known or f'"{name}"' in source, f"{name} is in no program")

    def test_families_that_count_drops_are_marked_as_losses(self):
        for cells in tables("Metrics").values():
            for name, (_, meaning) in cells.items():
                if re.search("_(dropped|rejected|drops|truncated)_total$", name) and name not in NO_LOSS:
                    self.assertIn("**LOSS**", meaning, name)

    def test_every_reason_is_explained_and_no_other_is(self):
        reasons = {}
        metric = None
        for line in re.search(r"(?s)\n## Reasons\n(.*?)\n## ", PAGE)[1].splitlines():
            cells = cells_of(line)
            if len(cells) != 4 or not re.search("`", cells[1]):
                continue
            metric = cells[0].strip("`") or metric
            reasons.setdefault(metric, set()).update(re.findall(r"`(\w+)`", cells[1]))
        exposed = {}
        for _, scrape in self.scrapes:
            for name, labels, _ in scrape.samples:
                if "reason" in labels:
                    of = "tributary_local_samples_folded_total" if name == "tributary_local_folded_samples" else name
                    exposed.setdefault(of, set()).add(labels["reason"])
        self.assertEqual(reasons, exposed)

    def test_every_value_of_a_label_is_named(self):
        for _, scrape in self.scrapes:
            for name, labels, _ in scrape.samples:
                for label, value in labels.items():
                    if label not in FREE_LABELS:
                        self.assertIn(f"`{value}`", PAGE, f"{name} {label}")

    def test_the_books_balance_as_the_page_says(self):
        equations = books()
        self.assertEqual({whom for whom, _, _ in equations}, {"tributary-local", "tributary-global", "cluster"})
        for whom, left, terms in equations:
            of = [scrape for process, scrape in self.scrapes if whom in (process.program, "cluster")]
            groups = [of] if whom == "cluster" else [[scrape] for scrape in of]
            seen = 0
            for group in groups:
                total = sum(scrape.sum(left) for scrape in group)
                parts = sum(scrape.sum(*term) for scrape in group for term in terms)
                self.assertEqual(total, parts, (whom, left, terms))
                seen += total
            self.assertGreater(seen, 0, left)

    def test_what_was_sent_is_in_the_books(self):
        agents = [scrape for process, scrape in self.scrapes if process in self.cluster.agents]
        for scrape in agents:
            self.assertEqual(scrape.sum("tributary_local_lines_rejected_total", "reason", "no_value"), 30)
            self.assertEqual(scrape.sum("tributary_local_samples_accepted_total"), 30 * 13)
            for reason in ("timestamp_out_of_range", "rule"):
                self.assertEqual(scrape.sum("tributary_local_samples_dropped_total", "reason", reason), 30)
            self.assertEqual(scrape.sum("tributary_local_samples_flushed_total", "to", "local"), 60)

    def test_rows_of_an_agent_without_sinks_are_a_counted_loss(self):
        with_sink, without = [scrape for process, scrape in self.scrapes if process in self.cluster.agents]
        self.assertEqual(with_sink.sum("tributary_local_rows_dropped_total", "reason", "no_sink"), 0)
        self.assertGreater(with_sink.sum("tributary_sink_rows_delivered_total"), 0)
        self.assertGreater(with_sink.sum("tributary_sink_rows_filtered_total"), 0)
        self.assertGreater(without.sum("tributary_local_rows_dropped_total", "reason", "no_sink"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
