#!/usr/bin/env python3
"""Folders include strictly downward, and a .cc includes its own header first (so every header is complete alone).

usage: layering_test.py ROOT      checks the tree; prints each violation and exits with 1
       layering_test.py --self    checks the checker against written violations
"""
import pathlib
import re
import sys

# A folder may include itself and what stands in its row.
ALLOWED = {
    "common/base": [],
    "common/stats": ["common/base"],
    "common/hash": ["common/base"],
    "common/metric": ["common/base", "common/hash"],
    "common/sketch": ["common/base", "common/hash"],
    "common/aggregate": ["common/base", "common/hash", "common/metric", "common/sketch", "common/stats"],
    "common/rules": ["common/base", "common/hash", "common/metric", "common/sketch", "common/config"],
    "common/statsd": ["common/base", "common/hash", "common/metric"],
    "common/wire": ["proto", "common/base", "common/hash", "common/metric", "common/sketch", "common/aggregate"],
    "common/config": ["common/base"],
    "common/net": ["common/base"],
    "common/telemetry": ["common/base", "common/net"],
    "common/discovery": ["common/base", "common/hash", "common/config", "common/net", "common/telemetry"],
    "common/program": ["common/base", "common/hash", "common/config", "common/net", "common/telemetry"],
    "common/rpc": ["proto", "common/base", "common/net"],
    "common/sink": ["proto", "common/base", "common/hash", "common/metric", "common/sketch", "common/aggregate",
                    "common/rules", "common/wire", "common/config", "common/net", "common/telemetry"],
    "common/traffic": ["common/base", "common/metric", "common/sketch", "common/net"],
    "local": ["proto", "common"],
    "proxy": ["proto", "common"],
    "global": ["proto", "common"],
    "cli": ["common/base", "common/config", "common/hash", "common/metric", "common/net", "common/rules",
            "common/stats", "common/statsd", "common/telemetry", "common/traffic"],
    "tests": ["proto", "common", "local", "proxy", "global", "cli", "tests", "bench"],
    "bench": ["proto", "common", "local", "proxy", "global", "bench", "tests"],  # one storey with tests, and their oracles
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def room(path):
    """The row of ALLOWED that a file belongs to."""
    parts = path.split("/")
    if path.endswith(".pb.h"):
        return "proto"
    if parts[0] == "common" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def violations(path, text):
    includes = [match.group(1) for match in map(INCLUDE.match, text.splitlines()) if match]
    ours = [i for i in includes if i.endswith(".pb.h") or i.split("/")[0] in
            ("common", "local", "proxy", "global", "cli", "tests", "bench")]
    mine = room(path)
    for include in ours:
        theirs = room(include)
        allowed = ALLOWED[mine] + [mine]
        if theirs not in allowed and theirs.split("/")[0] not in allowed:
            yield f"{path}: {mine} may not include {include}"
    if path.endswith(".cc"):
        twin = path[:-3] + ".h"
        if twin in ours and ours[0] != twin:
            yield f"{path}: its own header comes first"


def check(root):
    found, count = [], 0
    for top in ("common", "local", "proxy", "global", "cli", "tests", "bench"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc"):
                count += 1
                path = file.relative_to(root).as_posix()
                found += violations(path, file.read_text(encoding="utf-8"))
                if file.suffix == ".h" and "#pragma once" not in file.read_text(encoding="utf-8"):
                    found.append(f"{path}: no #pragma once")
    return found, count


def self_check():
    bad = {
        "common/base/a.cc": '#include "common/net/b.h"',
        "common/wire/a.cc": '#include "local/ingest/b.h"',
        "local/main.cc": '#include "proxy/route/b.h"',
        "common/hash/a.cc": '#include "common/base/b.h"\n#include "common/hash/a.h"',
        "cli/main.cc": '#include "common/wire/b.h"',
    }
    good = {
        "common/wire/a.cc": '#include "common/wire/a.h"\n#include "common/metric/b.h"\n#include "tributary/v1/query.pb.h"',
        "global/main.cc": '#include "common/sink/b.h"\n#include "global/store/c.h"',
    }
    missed = [path for path, text in bad.items() if not list(violations(path, text))]
    wrong = [path for path, text in good.items() if list(violations(path, text))]
    return [f"not caught: {p}" for p in missed] + [f"wrongly caught: {p}" for p in wrong]


def main():
    if sys.argv[1] == "--self":
        found, count = self_check(), 7
    else:
        found, count = check(pathlib.Path(sys.argv[1]))
        if count < 50:
            found.append(f"only {count} files found: wrong root?")
    print("\n".join(found) if found else f"{count} files, no violation")
    sys.exit(1 if found else 0)


main()
