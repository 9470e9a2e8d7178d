#!/usr/bin/python3
"""Writes what the chart says of the programs' keys: parts of values.yaml, values.schema.json, the tables of README.md.

The keys come from docs/operations.md, which a test holds against the programs; all else from values.yaml itself, where a
comment that begins with `# --` tells of the value below it. Run it when either changes; a test says when it was not.
"""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHART = ROOT / "helm" / "tributary"
OPERATIONS = ROOT / "docs" / "operations.md"

# A section of values.yaml, and the headings of docs/operations.md whose keys it has.
SECTIONS = {"config": ["every program"], "agents": ["tributary-local", "sinks"], "proxies": ["tributary-proxy"],
            "globals": ["tributary-global", "sinks"]}
# Keys that the chart sets by other values.
BY_OTHER_VALUES = {"tls", "tls.cert_file", "tls.key_file", "tls.ca_file"}
# Keys that the chart sets where a value is null, and to what.
SET_BY_THE_CHART = {
    "crash_dir": "in the pod's own state", "http.tokens_file": "of `token`", "http.listen": "of `listenAddress`",
    "grpc.listen": "of `listenAddress`", "data_dir": "of `agents.data`", "host": "the node's name",
    "ingest.listen": "of `agents.udp` and `agents.sockets`", "forward.proxies": "the proxies of this release",
    "host_metrics.enabled": "of `agents.hostStatistics`", "host_metrics.proc": "where the node's is mounted",
    "host_metrics.sys": "where the node's is mounted", "host_metrics.root": "where the node's is mounted",
    "globals.kubernetes.service": "the globals of this release", "globals.kubernetes.namespace": "of this release",
    "services": "of `services`", "resources": "the agents' host statistics",
    "globals.kubernetes.port": "grpc", "node_id": "the pod's name", "store.path": "on the pod's disk"}

DURATION = r"^([0-9]+(\.[0-9]+)?(ms|us|ns|s|m|h))+$|^[0-9]+d$|^0$"
BYTES = r"^[0-9]+(\.[0-9]+)?(B|[KMGT]B|[KMGT]iB)?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?([EPTGMk]i?|m)?$"
MEMORY = r"^[0-9]+(\.[0-9]+)?(Mi|Gi|Ti)$"
NAME = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"

# What a default does not tell of a value's schema. `**` stands for any path.
CHOICES = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"], "tls.mode": ["self-made", "cert-manager", "existing", "off"],
    "tls.certManager.issuerRef.kind": ["Issuer", "ClusterIssuer"], "agents.udp.expose": ["hostPort", "service", "none"],
    "agents.data.type": ["hostPath", "emptyDir"], "agents.updateStrategy.type": ["RollingUpdate", "OnDelete"],
    "proxies.service.type": ["ClusterIP", "NodePort", "LoadBalancer"]}
PATTERNS = {
    "**.resources.memory": MEMORY, "**.resources.cpu": QUANTITY, "**.resources.cpuLimit": QUANTITY,
    "globals.persistence.size": QUANTITY, "agents.data.sizeLimit": QUANTITY, "tls.certManager.duration": DURATION,
    "tls.certManager.renewBefore": DURATION, "monitoring.podMonitors.interval": DURATION,
    "agents.sockets.hostPath": "^/[^:]*$", "agents.data.hostPath": "^/[^:]*$", "agents.sockets.datagram": "^[^/]*$",
    "agents.sockets.stream": "^[^/]*$", "image.digest": "^(sha256:[0-9a-f]{64})?$", "nameOverride": NAME,
    "fullnameOverride": NAME, "proxies.ingress.path": "^/", "**.secret": NAME, "**.existingSecret": NAME,
    "tls.existing.agentSecret": NAME, "tls.existing.proxySecret": NAME, "tls.existing.globalSecret": NAME}
RANGES = {
    "agents.udp.port": (1, 65535), "proxies.replicas": (1, 1000), "globals.replicas": (1, 200),
    "proxies.autoscaling.minReplicas": (1, 1000), "proxies.autoscaling.maxReplicas": (1, 1000),
    "proxies.autoscaling.targetCPUUtilization": (1, 100), "tls.days": (2, 3650), "tls.renewBeforeDays": (1, 3649),
    "proxies.autoscaling.scaleDownStabilizationSeconds": (0, 3600), "proxies.preStopSeconds": (0, 60),
    "globals.minReadySeconds": (0, 3600), "globals.updatePartition": (0, 200), "tests.waitSeconds": (1, 3600),
    "setup.backoffLimit": (0, 100)}
TYPES = {  # of values whose default is null, or whose other forms it does not show
    "**.resources.cpuLimit": ["string", "integer", "null"], "**.resources.cpu": ["string", "integer"],
    "agents.updateStrategy.maxUnavailable": ["integer", "string"], "**.topologySpreadConstraints": ["array", "null"],
    "**.podDisruptionBudget.maxUnavailable": ["integer", "string"], "globals.networkPolicy.egress": ["array", "null"]}
FREE_FORM = {"podSecurityContext", "securityContext"}  # as Kubernetes has them
STRINGS = {"commonLabels", "commonAnnotations", "**.annotations", "**.podAnnotations", "**.podLabels", "**.labels",
           "**.nodeSelector"}


def lookup(table, path):
    for pattern, found in table.items() if isinstance(table, dict) else ((p, True) for p in table):
        if path == pattern or (pattern.startswith("**.") and path.endswith(pattern[2:])):
            return found
    return None


def keys_of(heading):
    """[(key, type, default, meaning)] of one table of docs/operations.md."""
    found = []
    for section in re.split(r"(?m)^###? ", OPERATIONS.read_text())[1:]:
        title, _, body = section.partition("\n")
        if title != f"Keys of {heading}":
            continue
        for line in body.splitlines():
            cells = [cell.strip() for cell in line[1:-1].split(" | ")] if line.startswith("|") else []
            name = re.fullmatch(r"`([^`]+)`", cells[0]) if cells else None
            if name and name[1] not in BY_OTHER_VALUES:
                kind = re.sub(r", TRIBUTARY_\w+$", "", cells[1])
                found.append((name[1], kind, cells[2], cells[3].rstrip("|").strip() if len(cells) > 3 else ""))
    return found


def keys(section):
    return [key for heading in SECTIONS[section] for key in keys_of(heading)]


# ---- values.yaml

def tree_of_keys(section):
    """The keys as nested maps, in the order in which they are told; each with its value and what the program takes."""
    tree = {}
    for key, kind, default, _ in keys(section):
        if "[]" in key:
            key, kind, default = key[:key.index("[]")], "list of maps", "[]"
        *parents, name = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        chart = SET_BY_THE_CHART.get(key)
        node[name] = ("null", f"{kind}; {chart}") if chart else (value_text(kind, default), kind)
    return tree


def lines_of_keys(tree, indent):
    lines = []
    for name, node in tree.items():
        if isinstance(node, dict):
            lines += [f"{' ' * indent}{name}:", *lines_of_keys(node, indent + 2)]
        else:
            lines.append(f"{' ' * indent}{name}: {node[0]}  # {node[1]}")
    return lines


def value_text(kind, default):
    default = "" if default == '""' else default
    if kind.startswith("list"):
        items = default.strip("[]")
        return "[]" if not items else "[" + ", ".join(quoted(item.strip(), kind) for item in items.split(",")) + "]"
    if kind.startswith("map"):
        return "{}"
    if kind == "string" and default == "":
        return '""'
    return quoted(default, kind) if kind == "string" else default


def quoted(text, kind):
    numbers = "number" in kind
    return text if numbers or re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", text) and text not in ("off", "on", "yes", "no") \
        else json.dumps(text)


def values_text():
    text = (CHART / "values.yaml").read_text()
    for section in SECTIONS:
        indent = 0 if section == "config" else 2
        body = "\n".join([" " * indent + "config:", *lines_of_keys(tree_of_keys(section), indent + 2)])
        text, count = re.subn(rf"(?s)( *# begin {section}\n).*?( *# end {section}\n)",
                              lambda m: m[1] + body + "\n" + m[2], text)
        assert count == 1, section
    return text


# ---- values.schema.json

def kind_schema(kind):
    """Of a key of a program. Null is what the chart or the program has."""
    word, _, bounds = kind.partition(" ")
    low, _, high = bounds.partition("..")
    if kind.startswith("list of "):
        inner = kind_schema(kind[len("list of "):])
        inner["type"] = inner["type"][0] if inner["type"][:-1] == inner["type"][:1] else inner["type"][:-1]
        return {"type": ["array", "null"], "items": inner}
    if kind.startswith("map"):
        return {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
    if word in ("integer", "number"):
        limits = {"minimum": number(low)} if low else ({"minimum": 0} if bounds else {})
        return {"type": [word, "null"], **limits, **({"maximum": number(high)} if high else {})}
    if word == "duration":
        return {"type": ["string", "null"], "pattern": DURATION, "description": describe("a duration such as 10s", bounds)}
    if word == "bytes":
        return {"type": ["string", "integer", "null"], "pattern": BYTES, "minimum": 0,
                "description": describe("bytes such as 64MiB", bounds)}
    if word == "bool":
        return {"type": ["boolean", "null"]}
    if kind == "string":
        return {"type": ["string", "null"]}
    return {"enum": [*kind.split(", "), None]}


def describe(text, bounds):
    return f"{text}, {bounds}" if bounds else text


def number(text):
    return float(text) if "." in text else int(text)


def place(schema, path, leaf):
    """Puts the schema of a key into that of the section; `name[]` is a list of maps, `<name>` any key of a map."""
    for n, part in enumerate(path):
        is_last = n == len(path) - 1
        target = schema["properties"] if part != "<name>" else None
        name = part.removesuffix("[]")
        if target is None:
            if not isinstance(schema.get("additionalProperties"), dict):
                schema["additionalProperties"] = closed()
            schema = schema["additionalProperties"]
        elif part.endswith("[]"):
            schema = target.setdefault(name, {"type": ["array", "null"], "items": closed()})["items"]
        elif is_last:
            target[name] = leaf
        else:
            schema = target.setdefault(name, closed())


def closed():
    return {"type": ["object", "null"], "additionalProperties": False, "properties": {}}


def config_schema(section):
    schema = closed()
    for name in dict.fromkeys(["config", section]):
        for key, kind, _, _ in keys(name):
            place(schema, key.split("."), kind_schema(kind))
    for part in ("sinks", "rules", "services"):
        if part in schema["properties"]:
            required = {"sinks": ["kind"], "services": ["name"]}.get(part)
            if required:
                schema["properties"][part]["items"]["required"] = required
    return schema


def value_schema(path, value, comments):
    if path == "config" or path.endswith(".config"):
        return config_schema(path.split(".")[0])
    about = {"description": comments[path]} if path in comments else {}
    if path == "services":
        return {**about, "type": "array", "items": config_schema("agents")["properties"]["services"]["items"]}
    types = lookup(TYPES, path)
    if lookup(CHOICES, path):
        return {**about, "enum": lookup(CHOICES, path)}
    if isinstance(value, dict) and value and not lookup(STRINGS, path) and path not in FREE_FORM:
        inner = {name: value_schema(f"{path}.{name}".lstrip("."), item, comments) for name, item in value.items()}
        return {**about, "type": "object", "additionalProperties": False, "properties": inner}
    schema = {**about, "type": types or {dict: "object", list: "array", bool: "boolean", int: "integer", str: "string"}[type(value)]}
    if lookup(STRINGS, path):
        schema["additionalProperties"] = {"type": "string"}
    if lookup(PATTERNS, path):
        schema["pattern"] = lookup(PATTERNS, path)
    if lookup(RANGES, path):
        schema["minimum"], schema["maximum"] = lookup(RANGES, path)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value) or path.endswith("pullSecrets"):
        schema["items"] = {"type": "string"}
    return schema


def schema_text():
    text = values_text()
    schema = value_schema("", yaml.safe_load(text), comments_of(text))
    schema["properties"]["global"] = {"type": "object", "description": "Helm's own, where this chart is part of another."}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart tributary",
                       **schema}, indent=1) + "\n"


# ---- README.md

def comments_of(text):
    """{path: the comment `# -- ...` above it}"""
    found, path, comment = {}, [], None
    for line in text.splitlines():
        told = re.match(r"\s*# -- (.*)", line)
        more = re.match(r"\s*# (.*)", line)
        key = re.match(r"( *)([A-Za-z_]\w*):", line)
        if told:
            comment = told[1]
        elif more and comment is not None:
            comment += " " + more[1]
        elif key:
            depth = len(key[1]) // 2
            path = path[:depth] + [key[2]]
            if comment is not None:
                found[".".join(path)] = comment
            comment = None
        else:
            comment = None
    return found


def leaves(path, value):
    """[(path, default)] of what is not a key of a program."""
    if path == "config" or path.endswith(".config"):
        return []
    if isinstance(value, dict) and value and path not in FREE_FORM and not lookup(STRINGS, path):
        return [leaf for name, item in value.items() for leaf in leaves(f"{path}.{name}".lstrip("."), item)]
    return [(path, value)]


def table_of_values():
    text = values_text()
    comments = comments_of(text)
    rows = ["| value | default | meaning |", "|---|---|---|"]
    for path, default in leaves("", yaml.safe_load(text)):
        rows.append(f"| `{path}` | `{json.dumps(default)}` | {comments[path]} |")
    return "\n".join(rows) + "\n"


def table_of_keys(section):
    prefix = "config" if section == "config" else f"{section}.config"
    rows = ["| value | default | type, range | meaning |", "|---|---|---|---|"]
    for key, kind, default, meaning in keys(section):
        chart = SET_BY_THE_CHART.get(key.partition("[]")[0]) if key.endswith("].name") else SET_BY_THE_CHART.get(key)
        meaning = re.sub(r"\]\((#|[a-z])", lambda m: "](../../docs/" + ("operations.md#" if m[1] == "#" else m[1]), meaning)
        rows.append(f"| `{prefix}.{key}` | {chart if chart else f'`{default}`'} | {kind} | {meaning} |")
    return "\n".join(rows) + "\n"


def readme_text():
    text = (CHART / "README.md").read_text()
    tables = {"values": table_of_values(), **{section: table_of_keys(section) for section in SECTIONS}}
    for name, table in tables.items():
        text, count = re.subn(rf"(?s)(<!-- begin {name} -->\n).*?(<!-- end {name} -->\n)",
                              lambda m: f"{m[1]}\n{table}\n{m[2]}", text)
        assert count == 1, name
    return text


WRITTEN = {"values.yaml": values_text, "values.schema.json": schema_text, "README.md": readme_text}

if __name__ == "__main__":
    for name, text in WRITTEN.items():
        (CHART / name).write_text(text())
