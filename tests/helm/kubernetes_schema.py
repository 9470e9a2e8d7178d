"""Kubernetes' own OpenAPI schema, and those of the custom resources the chart uses, as JSON schemas that refuse what they
do not know: the API server drops unknown fields without a word, or refuses them when it is asked to be strict.
"""
import json

import jsonschema
import yaml
from go_tools import CERT_MANAGER, KUBERNETES, PROMETHEUS_OPERATOR, module

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

yaml.CSafeLoader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)  # a text that is "="


def strict(schema):
    """In place: no field that is not told of; what may be a number or a text may be both."""
    if isinstance(schema, list):
        for item in schema:
            strict(item)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and isinstance(schema["properties"], dict):
        for item in schema["properties"].values():
            strict(item)
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        schema["type"] = ["string", "integer"]
        schema.pop("anyOf", None)
    for key in ("items", "additionalProperties", "allOf", "anyOf", "oneOf"):
        strict(schema.get(key))


class KubernetesSchema:
    def __init__(self):
        swagger = json.loads((module(KUBERNETES) / "api" / "openapi-spec" / "swagger.json").read_text())
        self.definitions = swagger["definitions"]
        for definition in self.definitions.values():
            strict(definition)
        self.validators = {}
        for name, definition in self.definitions.items():
            for kind in definition.get("x-kubernetes-group-version-kind", []):
                version = f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]
                self.add(version, kind["kind"], {"$ref": f"#/definitions/{name}"})
        crds = [*(module(CERT_MANAGER) / "deploy" / "crds").glob("crd-*.yaml"),
                *(module(PROMETHEUS_OPERATOR) / "example" / "prometheus-operator-crd").glob("*.yaml")]
        for path in crds:
            self.add_custom(path.read_text())

    def add(self, version, kind, schema):
        self.validators[version, kind] = jsonschema.Draft4Validator({**schema, "definitions": self.definitions})

    def add_custom(self, text):
        if "{{" in text:  # cert-manager's have a few labels that its own chart fills in
            text = "\n".join(line for line in text.splitlines() if "{{" not in line)
        crd = yaml.load(text, yaml.CSafeLoader)
        for version in crd["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            strict(schema)
            schema["properties"]["metadata"] = {"$ref": f"#/definitions/{OBJECT_META}"}
            self.add(f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"], schema)

    def errors(self, thing):
        """[what is wrong with an object]"""
        validator = self.validators.get((thing.get("apiVersion"), thing.get("kind")))
        if validator is None:
            return [f"no schema for {thing.get('apiVersion')} {thing.get('kind')}"]
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in validator.iter_errors(thing)]
