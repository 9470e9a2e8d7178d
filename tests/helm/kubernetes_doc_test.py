"""docs/kubernetes.md: what it names is there, and every key of Veneur is mapped.

tests/golden/veneur_keys.txt has the keys of Veneur 14.2 and of its proxy, as its two configurations name them.
"""
import pathlib
import re
import subprocess
import unittest

import yaml
from cluster import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
VALUES = yaml.safe_load((ROOT / "helm" / "tributary" / "values.yaml").read_text())


def section(heading):
    return re.search(rf"(?ms)^#+ {heading}\n(.*?)(?=^#+ |\Z)", PAGE)[1]


def first_cells(text):
    return [line[1:-1].split(" | ")[0].split(" |")[0] for line in text.splitlines() if line.startswith("| ")]


class VeneurTest(unittest.TestCase):
    def test_every_key_of_veneur_is_mapped(self):
        keys = {}
        for line in (ROOT / "tests" / "golden" / "veneur_keys.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                program, key = line.split()
                keys.setdefault(program, []).append(key)
        self.assertGreater(len(keys["veneur"]), 45)
        self.assertGreater(len(keys["veneur-proxy"]), 20)
        for program, wanted in keys.items():
            cells = " ".join(first_cells(section(f"Keys of {program}")))
            told = set(re.findall(r"`([^`]+)`", cells))
            for key in wanted:
                self.assertTrue(any(key == name or key.startswith(f"{name}.") or key.startswith(f"{name}[].") or
                                    key == name.removesuffix("[]") for name in told) or self.in_brackets(key, told), key)

    def in_brackets(self, key, told):
        """`sinks[].kind`, `name`: the second is short for `sinks[].name`."""
        return "[]." in key and key.rpartition(".")[2] in told

    def test_metrics_it_names_are_ours(self):
        for name in set(re.findall(r"`(tributary_\w+)", PAGE)):
            self.assertIn(f"| `{name}` |", OPERATIONS, name)

    def test_keys_it_maps_to_are_ours(self):
        listed = {line.partition(": ")[0] for program in ("local", "proxy", "global") for line in
                  subprocess.run([BIN / f"tributary-{program}", "--print-config-keys"], check=True, capture_output=True,
                                 text=True, timeout=20).stdout.splitlines()}
        prefixes = {key[:end] for key in listed for end in (m.start() for m in re.finditer(r"\.|\[", key))}
        for title in ("Keys of veneur", "Keys of veneur-proxy"):
            for line in section(title).splitlines():
                if not line.startswith("| ") or line.startswith("| Veneur"):
                    continue
                for name in re.findall(r"`((?:\w+\.)+\w+|\w+\[\]\.[\w.]+)`", line.split(" | ", 1)[1]):
                    name = re.sub(r"^(agents|proxies|globals)?\.?config\.", "", name)
                    known = name in listed or name in prefixes or self.is_value(name) or name.startswith("sinks[].")
                    self.assertTrue(known, name)

    def is_value(self, path):
        node = VALUES
        for part in path.split("."):
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True

    def test_values_it_names_are_there(self):
        names = re.findall(r"(?<![\w/])((?:agents|proxies|globals|monitoring|tls|networkPolicy|token|priorityClasses)"
                           r"(?:\.[A-Za-z_]+)+)(?=[`:= }])", PAGE)
        self.assertGreater(len(set(names)), 15)
        sections = {"cert_file", "key_file", "ca_file", "clients"}
        for name in set(names):
            if name.split(".")[-1] in sections:
                continue
            is_key = re.search(rf"(?m)^\| `{re.escape(name)}", OPERATIONS)
            self.assertTrue(self.is_value(name) or is_key, name)

    def test_files_it_names_are_there(self):
        for path in re.findall(r"helm/tributary/[\w./-]+|\bci/[\w-]+\.yaml", PAGE):
            self.assertTrue((ROOT / path).exists() or (ROOT / "helm" / "tributary" / path).exists(), path)


class DockerfileTest(unittest.TestCase):
    ALLOWED = {line[1:].strip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    def test_everything_that_cmake_reads_is_in_the_context(self):
        top = (ROOT / "CMakeLists.txt").read_text()
        folders = set(re.findall(r"(?m)^ *add_subdirectory\((\w+)\)", top))
        self.assertGreater(len(folders), 5)
        files = "\n".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("CMakeLists.txt"))
        named = set(re.findall(r"\$\{PROJECT_SOURCE_DIR\}/([\w.]+)", top + files)) | {"CMakePresets.json", "dev"}
        self.assertEqual((folders | named) - self.ALLOWED - {"build"}, set())

    def test_nothing_else_than_packages_is_of_the_build(self):
        self.assertEqual({path for path in self.ALLOWED if path.startswith("build")},
                         {"build", "build/package", "build/package/*.deb"})

    def test_ports_it_names_are_those_of_the_programs(self):
        exposed = set(re.findall(r"\b(81\d\d)", re.search("(?m)^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text())[1]))
        table = re.search(r"(?s)## Running\n\n(.*?)\n\n", OPERATIONS)[1]
        self.assertEqual(exposed, set(re.findall(r"\b81\d\d\b", table)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
