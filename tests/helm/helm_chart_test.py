"""The chart by Helm: its values, its schema, and what it makes of them, against Kubernetes' own schema and the programs.

Each file of helm/tributary/ci is a set of values. tests/golden/helm has what `minimal` makes, whole, and of each other
set how that differs. `TRIBUTARY_GOLDEN=write helm_chart_test.py GoldenTest` writes them anew: look at the difference.
"""
import difflib
import json
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import jsonschema
import yaml
from chart import CHART, NAMESPACE, ROOT, SETS, helm, objects, pod_of, refused, template
from cluster import BIN
from kubernetes_schema import KubernetesSchema

GOLDEN = ROOT / "tests" / "golden" / "helm"
PROGRAM_OF = {"agent": "tributary-local", "proxy": "tributary-proxy", "global": "tributary-global"}
SECTION_OF = {"tributary-local": "agents", "tributary-proxy": "proxies", "tributary-global": "globals"}
GENERATE = runpy.run_path(str(ROOT / "helm" / "generate.py"))

RENDERED = {}


def rendered(name):
    """The text of a set of values."""
    if name not in RENDERED:
        RENDERED[name] = template("--values", SETS[name])
    return RENDERED[name]


def everything():
    """(set, object) of all sets."""
    return [(name, thing) for name in SETS for thing in objects(rendered(name))]


def pods():
    """(set, owner, pod)"""
    return [(name, thing, pod_of(thing)) for name, thing in everything() if pod_of(thing)]


def containers(pod):
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def component(thing):
    return thing["metadata"]["labels"]["app.kubernetes.io/component"]


def values(text):
    return yaml.load(text, yaml.CSafeLoader)


def program_keys(program):
    """As the program lists them."""
    out = subprocess.run([BIN / program, "--print-config-keys"], check=True, capture_output=True, text=True, timeout=20)
    return [line.partition(": ")[0] for line in out.stdout.splitlines()]


def settings():
    """(set, program, text) of every configuration that is rendered."""
    return [(name, PROGRAM_OF[component(thing)], thing["data"]["config.yaml"]) for name, thing in everything()
            if thing["kind"] == "ConfigMap" and "config.yaml" in thing.get("data", {})]


# ---- golden files

def shortened(text):
    """Without what has a source and a test of its own, and digests."""
    text = re.sub(r"(?m)^(  groups:\n)(?:    .*\n|\n)*", r"\1    (monitoring/alerts.yaml)\n", text)
    text = re.sub(r"(?m)^(  tributary.json: \|\n)(?:    .*\n|\n)*", r"\1    (monitoring/dashboard.json)\n", text)
    return re.sub(r"checksum/config: [0-9a-f]{64}", "checksum/config: (of the ConfigMap)", text)


def golden(name):
    """(file, text)"""
    if name == "minimal":
        return GOLDEN / "minimal.yaml", shortened(rendered(name))
    lines = [shortened(rendered(which)).splitlines(keepends=True) for which in ("minimal", name)]
    differences = "".join(difflib.unified_diff(*lines, "minimal", name, n=2))
    return GOLDEN / f"{name}.diff", re.sub(r"(?m)^@@ .* @@$", "@@", differences)  # no numbers: a line more changes them all


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def test_what_each_set_makes_is_as_it_was_reviewed(self):
        for name in SETS:
            file, text = golden(name)
            if os.environ.get("TRIBUTARY_GOLDEN") == "write":
                file.write_text(text)
            with self.subTest(set=name):
                self.assertEqual(file.read_text(), text, f"{file}: see the head of this test")

    def test_there_is_no_golden_file_of_nothing(self):
        self.assertEqual(sorted(path.stem for path in GOLDEN.iterdir()), sorted(SETS))


# ---- Helm and Kubernetes

class SchemaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = KubernetesSchema()

    def test_there_are_enough_sets(self):
        self.assertGreaterEqual(len(SETS), 12)

    def test_helm_finds_nothing_wrong(self):
        for name, path in SETS.items():
            done = helm("lint", "--strict", "--values", path, CHART)
            self.assertEqual(done.returncode, 0, f"{name}\n{done.stdout}{done.stderr}")

    def test_each_object_is_as_kubernetes_knows_it(self):
        for name, thing in everything():
            with self.subTest(set=name, kind=thing["kind"], name=thing["metadata"]["name"]):
                self.assertEqual(self.schema.errors(thing), [])

    def test_the_check_finds_what_is_wrong(self):
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
                   "spec": {"ports": [{"port": "http", "targetPort": "http"}], "selectors": {}}}
        errors = "\n".join(self.schema.errors(service))
        self.assertIn("'selectors' was unexpected", errors)
        self.assertIn("'http' is not of type 'integer'", errors)
        self.assertEqual(len(errors.splitlines()), 2, errors)
        monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"names": "a"},
                   "spec": {"selector": {}, "podMetricsEndpoints": [{"scheme": "gopher"}]}}
        self.assertEqual(len(self.schema.errors(monitor)), 2)

    def test_no_two_objects_have_one_name(self):
        for name in SETS:
            seen = [(thing["kind"], thing["metadata"]["name"]) for thing in objects(rendered(name))]
            self.assertEqual(len(seen), len(set(seen)), name)

    def test_everything_is_in_the_namespace_of_the_release_or_belongs_to_the_whole_cluster(self):
        for name, thing in everything():
            if thing["kind"] == "PriorityClass":
                continue
            self.assertEqual(thing["metadata"].get("namespace"), NAMESPACE, (name, thing["kind"]))

    def test_what_names_another_object_names_one_that_is_there(self):
        """Secrets are made by the Job, by cert-manager or by hand: those of the last are in the set's values."""
        for name in SETS:
            there = {(thing["kind"], thing["metadata"]["name"]) for thing in objects(rendered(name))}
            by_hand = SETS[name].read_text()
            made = set(re.findall(r"secretName: (\S+)", rendered(name).split("kind: Certificate")[-1]
                                  if "kind: Certificate" in rendered(name) else ""))
            for thing in objects(rendered(name)):
                for account in re.findall(r"serviceAccountName: (\S+)", yaml.safe_dump(thing)):
                    self.assertIn(("ServiceAccount", account), there, name)
                pod = pod_of(thing)
                for volume in pod["spec"].get("volumes", []) if pod else []:
                    if "configMap" in volume:
                        self.assertIn(("ConfigMap", volume["configMap"]["name"]), there, name)
                    if "secret" in volume:
                        secret = volume["secret"]["secretName"]
                        self.assertTrue(secret in by_hand or secret in made or self.is_made(name, secret),
                                        f"{name}: {secret}")

    def is_made(self, name, secret):
        """By a Certificate, or by the Job, whose Role names what it may make."""
        for thing in objects(rendered(name)):
            if thing["kind"] == "Certificate" and thing["spec"]["secretName"] == secret:
                return True
            if thing["kind"] == "Role" and any(secret in rule.get("resourceNames", []) for rule in thing["rules"]):
                return True
        return False


class ValuesTest(unittest.TestCase):
    def test_what_is_written_by_the_script_is_as_it_writes_it(self):
        for name, text in GENERATE["WRITTEN"].items():
            self.assertEqual((CHART / name).read_text(), text(), f"{name}: run helm/generate.py")

    def test_the_schema_is_one(self):
        jsonschema.Draft7Validator.check_schema(json.loads((CHART / "values.schema.json").read_text()))

    def test_every_key_of_every_program_is_a_value_and_nothing_else_is(self):
        """But `tls`, which the chart's own section of that name sets."""
        told = values((CHART / "values.yaml").read_text())
        schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
        for program, section in SECTION_OF.items():
            keys = program_keys(program)
            self.assertGreater(len(keys), 20)
            keys = [key for key in keys if key != "tls" and not key.startswith("tls.")]
            both = self.flat(told["config"]) | self.flat(told[section]["config"])
            self.assertEqual(both, {key.partition("[]")[0] for key in keys}, program)
            self.assertEqual(self.flat_schema(schema[section]["properties"]["config"]), set(keys), program)

    def flat(self, tree, path=()):
        if not isinstance(tree, dict) or not tree:
            return {".".join(path)}
        return {key for name, node in tree.items() for key in self.flat(node, (*path, name))}

    def flat_schema(self, schema, path=()):
        if "array" in schema.get("type", []) and "properties" in schema["items"]:
            return self.flat_schema(schema["items"], (*path[:-1], path[-1] + "[]"))
        found = set()
        for name, node in schema.get("properties", {}).items():
            found |= self.flat_schema(node, (*path, name))
        if isinstance(schema.get("additionalProperties"), dict) and "properties" in schema["additionalProperties"]:
            found |= self.flat_schema(schema["additionalProperties"], (*path, "<name>"))
        return found or {".".join(path)}

    def test_the_readme_has_every_value(self):
        text = (CHART / "README.md").read_text()
        told = values((CHART / "values.yaml").read_text())
        paths = {key for key in self.flat(told) if ".config." not in f".{key}"}
        free_form = {"podSecurityContext", "securityContext", "monitoring.dashboards.labels"}
        for path in paths:
            shown = next((whole for whole in free_form if path.startswith(whole + ".")), path)
            self.assertIn(f"| `{shown}` |", text)
        for section in ("config", "agents.config", "proxies.config", "globals.config"):
            self.assertGreater(text.count(f"| `{section}."), 8)

    def test_the_default_of_a_key_is_the_programs_own_or_the_charts(self):
        """A configuration of the defaults alone means what an empty one means, but for what the chart sets."""
        for program, section in SECTION_OF.items():
            told = values((CHART / "values.yaml").read_text())
            listed = subprocess.run([BIN / program, "--print-config-keys"], check=True, capture_output=True, text=True,
                                    timeout=20).stdout
            defaults = dict(re.fullmatch(r"(\S+): (.*)  # .*", line).groups() for line in listed.splitlines())
            for key in self.flat(told[section]["config"]):
                node = told[section]["config"]
                for part in key.split("."):
                    node = node[part]
                if node is None or key not in defaults:
                    self.assertTrue(node in (None, [], {}), key)
                    continue
                own = values(defaults[key].replace("<redacted>", '""'))
                own = f"{own:04o}" if key == "ingest.socket_mode" else own  # YAML's octal
                self.assertEqual(str(node), str("" if own is None else own), f"{program} {key}")


BAD = [  # values, and what Helm must say
    ({"agents": {"config": {"forward": {"memory_byte": "1GiB"}}}},
     "agents.config.forward: Additional property memory_byte is not allowed"),
    ({"agents": {"config": {"ingest": {"udp_readers": 65}}}},
     "agents.config.ingest.udp_readers: Must be less than or equal to 64"),
    ({"config": {"interval": "10 seconds"}}, "config.interval: Does not match pattern"),
    ({"globals": {"config": {"merge": {"memory_bytes": "1 gig"}}}}, "globals.config.merge.memory_bytes: Does not match"),
    ({"globals": {"config": {"merge": {"coverage": 1.5}}}}, "globals.config.merge.coverage: Must be less than or equal to 1"),
    ({"globals": {"config": {"sinks": [{"kind": "influx"}]}}}, "globals.config.sinks.0.kind"),
    ({"globals": {"config": {"sinks": [{"url": "http://a"}]}}}, "globals.config.sinks.0: kind is required"),
    ({"services": [{"name": "api", "latency": "x"}]}, "services.0: Additional property latency is not allowed"),
    ({"globals": {"replicas": 0}}, "globals.replicas: Must be greater than or equal to 1"),
    ({"global": {}, "globals": {"replicas": "three"}}, "globals.replicas: Invalid type. Expected: integer, given: string"),
    ({"tls": {"mode": "on"}}, 'tls.mode must be one of the following: "self-made", "cert-manager", "existing", "off"'),
    ({"agent": {"enabled": False}}, "Additional property agent is not allowed"),
    ({"agents": {"udp": {"expose": "loadBalancer"}}}, "agents.udp.expose must be one of the following"),
    ({"globals": {"resources": {"memory": "lots"}}}, "globals.resources.memory: Does not match pattern"),
    ({"agents": {"sockets": {"hostPath": "run/datadog"}}}, "agents.sockets.hostPath: Does not match pattern"),
    ({"image": {"digest": "latest"}}, "image.digest: Does not match pattern"),
    # What values say together.
    ({part: {"enabled": False} for part in ("agents", "proxies", "globals")}, "nothing would be installed"),
    ({"proxies": {"enabled": False}}, "agents.config.forward.proxies: with proxies.enabled false, name the proxies"),
    ({"globals": {"enabled": False}}, "proxies.config.globals: with globals.enabled false, say where the globals are"),
    ({"tls": {"mode": "existing"}}, "tls.existing.agentSecret: with tls.mode existing, name the Secret"),
    ({"tls": {"days": 20}}, "tls.renewBeforeDays: must be less than tls.days (20)"),
    ({"agents": {"udp": {"expose": "none"}, "sockets": {"enabled": False}}}, "nobody could send"),
    ({"agents": {"config": {"ingest": {"listen": ["tcp://0.0.0.0:8125"]}}}}, "so agents.udp.expose must be none"),
    ({"agents": {"config": {"forward": {"memory_bytes": "1GiB"}}}}, "agents.resources.memory: 512Mi is not more than"),
    ({"agents": {"data": {"type": "emptyDir", "sizeLimit": "1Gi"}}}, "agents.data.sizeLimit: 1Gi is less than"),
    ({"proxies": {"autoscaling": {"enabled": True, "minReplicas": 9}}}, "minReplicas: 9 is more than maxReplicas, 8"),
    ({"globals": {"replicas": 100}}, "proxies.resources.memory: 768Mi is not more than grpc.owner_queue_bytes for each of 100"),
    ({"globals": {"config": {"merge": {"memory_bytes": "4GiB"}}}}, "globals.resources.memory: 3Gi is not more than"),
    ({"globals": {"persistence": {"size": "500Mi"}}}, "globals.persistence.size: 500Mi is not more than outbox.max_bytes"),
    ({"globals": {"config": {"sinks": [{"kind": "clickhouse", "url": "http://a", "password": "p"}]}}},
     "globals.config.sinks: a ConfigMap is no place for secrets"),
    ({"proxies": {"config": {"globals": {"consul": {"service": "g", "token": "t"}}}}},
     "proxies.config.globals.consul.token: a ConfigMap is no place for secrets"),
]


class RefusalTest(unittest.TestCase):
    def test_values_that_are_wrong_are_refused_and_the_message_says_what_is(self):
        for bad, expected in BAD:
            with self.subTest(values=bad):
                self.assertIn(expected, refused(bad))

    def test_null_gives_a_key_back_to_the_chart(self):
        text = template("--set", "agents.config.host=null,globals.config.merge.coverage=null")
        self.assertNotIn("coverage", text)


class ProgramsTest(unittest.TestCase):
    """What is rendered, read by the programs."""

    def check(self, program, text, folder):
        """Files that a pod has mounted are put where the test may write."""
        text = text.replace("/etc/tributary/", f"{folder}/etc/").replace("/var/lib/tributary/", f"{folder}/lib/")
        path = folder / f"{program}.yaml"
        path.write_text(text)
        return subprocess.run([BIN / program, "--check-config", "--config", path], capture_output=True, text=True,
                              timeout=20, env={})

    def test_each_configuration_passes_the_programs_own_check(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for part in ("tls/tls.crt", "tls/tls.key", "tls/ca.crt", "token/token", "token/bearer", "sinks/mimir-token",
                         "sinks/clickhouse-password"):
                (folder / "etc" / part).parent.mkdir(parents=True, exist_ok=True)
                (folder / "etc" / part).write_text("0123456789abcdef0123456789abcdef\n")
            checked = set()
            for name, program, text in settings():
                with self.subTest(set=name, program=program):
                    done = self.check(program, text, folder)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), text)
                checked.add(program)
            self.assertEqual(checked, set(PROGRAM_OF.values()))

    def test_services_are_one_list_for_agents_and_proxies_and_defaults_of_resources_are_the_programs(self):
        for name, services in (("minimal", []), ("every-key", [{"name": "api", "rate": "api.requests",
                                                                "duration": "api.latency"}])):
            told = {program: values(text) for other, program, text in settings() if other == name}
            self.assertEqual(told["tributary-local"]["services"], services)
            self.assertEqual(told["tributary-proxy"]["services"], services)
            self.assertEqual("resources" in told["tributary-proxy"], name == "every-key")  # an empty list would be none

    def test_environment_names_keys_that_there_are(self):
        for name, owner, pod in pods():
            program = PROGRAM_OF.get(component(owner))
            names = {"TRIBUTARY_" + key.upper().replace(".", "_") for key in program_keys(program)} if program else set()
            for container in containers(pod):
                for variable in container.get("env", []):
                    if program and variable["name"].startswith("TRIBUTARY_"):
                        self.assertIn(variable["name"], names, name)

    def test_ports_are_those_the_programs_listen_on(self):
        for name, thing in everything():
            if thing["kind"] != "ConfigMap" or "config.yaml" not in thing.get("data", {}):
                continue
            config = values(thing["data"]["config.yaml"])
            listens = {config["http"]["listen"].rpartition(":")[2]}
            listens |= {config["grpc"]["listen"].rpartition(":")[2]} if "grpc" in config else set()
            listens |= {address.rpartition(":")[2] for address in config.get("ingest", {}).get("listen", [])
                        if address.startswith("udp")}
            owner = next(other for other in objects(rendered(name))
                         if other["kind"] in ("DaemonSet", "Deployment", "StatefulSet") and
                         component(other) == component(thing))
            ports = {str(port["containerPort"]) for container in pod_of(owner)["spec"]["containers"]
                     for port in container["ports"]}
            self.assertEqual(ports, listens, (name, owner["kind"]))

    def test_commands_are_programs_of_the_image(self):
        """Those of this project, and of coreutils, which Debian's slim image has."""
        for name, _, pod in pods():
            for container in containers(pod):
                self.assertIn(container["command"][0], {*PROGRAM_OF.values(), "tributary", "install", "sleep"}, name)


class ClusterTest(unittest.TestCase):
    """What must hold of every set of values."""

    def test_every_container_is_restricted_but_the_one_that_prepares_folders_of_the_node(self):
        for name, owner, pod in pods():
            self.assertEqual(pod["spec"]["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, name)
            self.assertIs(pod["spec"]["securityContext"]["runAsNonRoot"], True)
            for container in containers(pod):
                with self.subTest(set=name, owner=owner["metadata"]["name"], container=container["name"]):
                    context = container["securityContext"]
                    self.assertIs(context["allowPrivilegeEscalation"], False)
                    self.assertIs(context["readOnlyRootFilesystem"], True)
                    self.assertEqual(context["capabilities"]["drop"], ["ALL"])
                    if container["name"] == "host-paths":
                        self.assertEqual(context["capabilities"]["add"], ["CHOWN", "FOWNER"])
                    else:
                        self.assertNotIn("add", context["capabilities"])
                        self.assertNotIn("runAsUser", context)

    def test_only_agents_have_anything_of_their_node_and_need_nothing_of_it(self):
        for name, owner, pod in pods():
            paths = [volume for volume in pod["spec"].get("volumes", []) if "hostPath" in volume]
            if component(owner) != "agent" or name == "service-udp":
                self.assertEqual(paths, [], (name, owner["metadata"]["name"]))
                self.assertFalse(pod["spec"].get("hostNetwork") or pod["spec"].get("hostPID"))
        self.assertFalse(any("hostPort" in port for name, _, pod in pods() if name == "service-udp"
                             for container in containers(pod) for port in container.get("ports", [])))

    def test_the_memory_limit_is_what_is_requested(self):
        for name, _, pod in pods():
            for container in containers(pod):
                resources = container["resources"]
                self.assertEqual(resources["limits"]["memory"], resources["requests"]["memory"], name)
                self.assertIn("cpu", resources["requests"])

    def test_a_pod_has_longer_to_end_than_its_program_takes(self):
        for name, owner, pod in pods():
            if component(owner) not in PROGRAM_OF:
                continue
            config = next(values(text) for other, program, text in settings()
                          if other == name and program == PROGRAM_OF[component(owner)])
            grace = sum(int(number) * {"s": 1, "m": 60}[unit]
                        for number, unit in re.findall(r"(\d+)([sm])", config["shutdown_grace"]))
            before = sum(int(container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [0, 0])[1])
                         for container in pod["spec"]["containers"])
            self.assertGreaterEqual(pod["spec"]["terminationGracePeriodSeconds"], grace + before + 10, name)

    def test_another_configuration_makes_other_pods(self):
        before, after = (
            {owner["metadata"]["name"]: pod_of(owner)["metadata"]["annotations"]["checksum/config"]
             for owner in objects(text) if owner["kind"] in ("DaemonSet", "Deployment", "StatefulSet")}
            for text in (rendered("minimal"), template("--set", "proxies.config.grpc.max_connections=9")))
        self.assertEqual({name for name in before if before[name] != after[name]}, {"tributary-proxy"})

    def test_rights_are_for_endpoint_slices_and_own_secrets_in_this_namespace(self):
        for name, thing in everything():
            self.assertNotIn(thing["kind"], ("ClusterRole", "ClusterRoleBinding"), name)
            if thing["kind"] != "Role":
                continue
            for rule in thing["rules"]:
                if component(thing) == "setup":
                    self.assertEqual(rule["resources"], ["secrets"])
                    self.assertTrue(rule["verbs"] == ["create"] or
                                    (rule["verbs"] == ["get", "patch"] and rule["resourceNames"]), name)
                else:
                    self.assertEqual(rule, {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"],
                                            "verbs": ["get", "list", "watch"]})

    def test_only_who_asks_the_api_server_has_a_token_of_it(self):
        for name, owner, pod in pods():
            has_rights = any(thing["kind"] == "RoleBinding" and
                             thing["subjects"][0]["name"] == pod["spec"].get("serviceAccountName")
                             for thing in objects(rendered(name)))
            self.assertEqual(pod["spec"]["automountServiceAccountToken"], has_rights, (name, owner["metadata"]["name"]))

    def test_policies_let_agents_to_proxies_and_proxies_to_globals_and_no_further(self):
        policies = {thing["metadata"]["name"]: thing["spec"] for thing in objects(rendered("minimal"))
                    if thing["kind"] == "NetworkPolicy"}

        def peers(tier, direction, port, side):
            return {peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component", "other")
                    for rule in policies[f"tributary-{tier}"][direction]
                    if port in [entry["port"] for entry in rule["ports"]] for peer in rule.get(side, [{}])}
        self.assertEqual(sorted(policies), ["tributary-agent", "tributary-global", "tributary-proxy"])
        self.assertEqual(peers("agent", "egress", "grpc", "to"), {"proxy"})
        self.assertEqual(peers("proxy", "ingress", "grpc", "from"), {"agent"})
        self.assertEqual(peers("proxy", "egress", "grpc", "to"), {"global"})
        self.assertEqual(peers("global", "ingress", "grpc", "from"), {"proxy"})
        self.assertEqual(peers("global", "egress", "grpc", "to"), set())
        for spec in policies.values():
            self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
            for rule in spec["egress"]:
                self.assertTrue(rule.get("ports"), "egress to anywhere")

    def test_globals_may_reach_their_sinks_and_nothing_else(self):
        ports = {name: {entry["port"] for thing in objects(rendered(name))
                        if thing["kind"] == "NetworkPolicy" and component(thing) == "global"
                        for rule in thing["spec"]["egress"] for entry in rule["ports"]}
                 for name in ("minimal", "external-storage")}
        self.assertEqual(ports, {"minimal": {53}, "external-storage": {53, 443, 8123}})

    def test_selectors_match_their_pods_and_no_others(self):
        for name in SETS:
            labels = [(component(owner), pod_of(owner)["metadata"].get("labels", {}))
                      for owner in objects(rendered(name)) if pod_of(owner)]
            for thing in objects(rendered(name)):
                spec = thing.get("spec", {})
                selector = {"Service": spec.get("selector"), "NetworkPolicy": spec.get("podSelector", {}),
                            "PodDisruptionBudget": spec.get("selector"), "PodMonitor": spec.get("selector")}.get(thing["kind"])
                if not selector:
                    continue
                selector = selector.get("matchLabels", selector)
                matched = {tier for tier, have in labels if selector.items() <= have.items()}
                self.assertEqual(matched, {component(thing)}, (name, thing["kind"], thing["metadata"]["name"]))

    def test_the_service_that_proxies_watch_tells_who_is_ready(self):
        for name, thing in everything():
            if thing["kind"] == "Service" and component(thing) == "global":
                self.assertNotIn("publishNotReadyAddresses", thing["spec"], name)
        service = next(thing for thing in objects(rendered("service-udp"))
                       if thing["kind"] == "Service" and component(thing) == "agent")
        self.assertEqual(service["spec"]["internalTrafficPolicy"], "Local")

    def test_hooks_make_rights_before_they_need_them(self):
        hooks = {thing["kind"]: int(thing["metadata"]["annotations"]["helm.sh/hook-weight"])
                 for thing in objects(rendered("minimal"))
                 if "pre-install" in thing["metadata"].get("annotations", {}).get("helm.sh/hook", "")}
        self.assertEqual(sorted(hooks), ["Job", "Role", "RoleBinding", "ServiceAccount"])
        self.assertGreater(hooks["Job"], max(hooks[kind] for kind in hooks if kind != "Job"))

    def test_without_tls_there_are_no_secrets_and_no_job(self):
        kinds = {thing["kind"] for thing in objects(rendered("no-tls"))}
        self.assertFalse(kinds & {"Job", "CronJob", "Certificate", "Issuer"}, kinds)
        self.assertNotIn("secretName", rendered("no-tls"))

    def test_certificates_name_role_and_cluster_as_the_programs_want(self):
        for name, cluster in (("cert-manager", "tributary"), ("cert-manager-issuer", "eu1")):
            uris = {component(thing): thing["spec"]["uris"] for thing in objects(rendered(name))
                    if thing["kind"] == "Certificate" and not thing["spec"].get("isCA")}
            self.assertEqual(uris, {role: [f"spiffe://{cluster}/{role}/tributary-{role}"] for role in PROGRAM_OF})


class MonitoringTest(unittest.TestCase):
    def test_the_chart_has_links_to_the_sources_and_no_copies(self):
        for path in (CHART / "files").iterdir():
            self.assertTrue(path.is_symlink(), path)
            self.assertEqual(path.resolve(), ROOT / "monitoring" / path.name)

    def rule(self, name="ha", *arguments):
        text = template("--values", SETS[name], *arguments)
        return next(thing for thing in objects(text) if thing["kind"] == "PrometheusRule")["spec"]

    def test_the_rule_is_the_alerts_file_with_whole_addresses_of_runbooks(self):
        alerts = values((ROOT / "monitoring" / "alerts.yaml").read_text())
        self.assertEqual(self.rule("ha", "--set", "monitoring.prometheusRule.runbookPrefix="), alerts)
        for group in alerts["groups"]:
            for rule in group["rules"]:
                rule["annotations"]["runbook"] = "https://example.com/tributary/" + rule["annotations"]["runbook"]
        self.assertEqual(self.rule(), alerts)

    def test_the_dashboard_is_the_source(self):
        found = next(thing for thing in objects(rendered("ha")) if thing["kind"] == "ConfigMap" and
                     thing["metadata"]["name"].endswith("dashboard"))
        self.assertEqual(json.loads(found["data"]["tributary.json"]),
                         json.loads((ROOT / "monitoring" / "dashboard.json").read_text()))

    def test_prometheus_takes_the_rule(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(self.rule(), file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_alerts_of_the_rule_fire_where_they_should_and_not_where_they_should_not(self):
        cases = runpy.run_path(str(ROOT / "tests" / "monitoring" / "alert_cases.py"))["CASES"]
        spec = self.rule()
        rules = {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}
        self.assertEqual(sorted(rules), sorted(cases))
        tests = []
        for name, case in cases.items():
            fires = [{"exp_labels": {**case["labels"], "severity": rules[name]["labels"]["severity"]},
                      "exp_annotations": {"summary": case["summary"], "runbook": rules[name]["annotations"]["runbook"]}}]
            for series, alerts in ((case["fires"], fires), (case["quiet"], [])):
                tests.append({"interval": "1m", "name": name,
                              "input_series": [{"series": key, "values": told} for key, told in series.items()],
                              "alert_rule_test": [{"eval_time": "20m", "alertname": name, "exp_alerts": alerts}]})
        with tempfile.TemporaryDirectory() as folder:
            rules_file, tests_file = pathlib.Path(folder, "rules.yaml"), pathlib.Path(folder, "tests.yaml")
            rules_file.write_text(yaml.safe_dump(spec))
            tests_file.write_text(yaml.safe_dump({"rule_files": [str(rules_file)], "tests": tests}))
            done = subprocess.run(["promtool", "test", "rules", tests_file], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_jobs_have_the_names_that_alerts_and_dashboard_look_for(self):
        jobs = {thing["spec"]["podMetricsEndpoints"][0]["relabelings"][0]["replacement"]
                for thing in objects(rendered("ha")) if thing["kind"] == "PodMonitor"}
        self.assertEqual(jobs, set(PROGRAM_OF.values()))


class SizeTest(unittest.TestCase):
    """What `tributary size` gives as values, given to the chart."""

    LOADS = [(1, 1, 1, 1), (500, 200_000, 5000, 1_000_000), (2000, 10_000_000, 10_000, 1e7)]

    def size(self, agents, series, per_agent, samples):
        done = subprocess.run([BIN / "tributary", "size", f"--agents={agents}", f"--series={series}", "-o", "values",
                               f"--series-per-agent={per_agent}", f"--samples={samples}", "--retention-1h=30d"],
                              capture_output=True, text=True, timeout=20, check=True)
        return done.stdout

    def test_the_chart_and_the_programs_take_them(self):
        for load in self.LOADS:
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, self.subTest(load=load):
                file.write(self.size(*load))
                file.flush()
                found = objects(template("--values", file.name, "--set", "tls.mode=off"))
                pods = {thing["kind"]: thing["spec"] for thing in found if pod_of(thing)}
                self.assertEqual(pods["StatefulSet"]["replicas"], values(self.size(*load))["globals"]["replicas"])
                for thing in found:
                    if thing["kind"] == "ConfigMap":
                        file = pathlib.Path(tempfile.mkdtemp(), "config.yaml")
                        self.addCleanup(shutil.rmtree, file.parent)
                        file.write_text(thing["data"]["config.yaml"].replace("/var/lib/tributary", str(file.parent)))
                        done = subprocess.run([BIN / PROGRAM_OF[component(thing)], "--check-config", "--config", file],
                                              capture_output=True, text=True, timeout=20, env={})
                        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_a_cluster_cannot_be_is_said(self):
        done = subprocess.run([BIN / "tributary", "size", "--agents=16000", "--series=200000000", "--samples=1e9",
                               "--series-per-agent=50000"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"that takes \d+ globals, and a cluster has 200 at most")


class NotesTest(unittest.TestCase):
    def notes(self, name):
        """Helm shows them for a real cluster only; so they are put into an object of a copy of the chart."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "tributary")
            shutil.copytree(CHART, copy)
            notes = (copy / "templates" / "NOTES.txt").read_text()
            (copy / "templates" / "shown.yaml").write_text(
                '{{- define "shown" }}' + notes + '{{ end }}notes: {{ include "shown" . | quote }}\n')
            done = helm("template", "tributary", copy, "--namespace", NAMESPACE, "--kube-version", "1.26.15",
                        "--values", SETS[name], "--show-only", "templates/shown.yaml")
            self.assertEqual(done.returncode, 0, done.stderr)
            return yaml.safe_load(done.stdout)["notes"]

    def test_notes_say_what_to_do_next(self):
        for name, told, untold in (("minimal", ["helm test tributary", "DD_AGENT_HOST", "DD_DOGSTATSD_URL", "ca.crt"],
                                    ["WARNING"]),
                                   ("no-tls", ["WARNING: tls.mode is off", "http://tributary-proxy.metrics.svc:8128"], ["ca.crt"]),
                                   ("service-udp", ["value: tributary-agent.metrics.svc", "DD_DOGSTATSD_PORT=9125"],
                                    ["DD_DOGSTATSD_URL"]),
                                   ("host-network", ["hostPath: {path: /var/run/tributary"], ["DD_AGENT_HOST"]),
                                   ("agents-only", ["DD_AGENT_HOST"], ["helm test", "port-forward"])):
            text = self.notes(name)
            for words in told:
                self.assertIn(words, text, name)
            for words in untold:
                self.assertNotIn(words, text, name)


if __name__ == "__main__":
    os.chdir(ROOT)
    unittest.main(verbosity=2)
