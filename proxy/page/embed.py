#!/usr/bin/env python3
"""Writes the page's files as C++: name, type, digest, and the bytes plain and compressed.

usage: embed.py OUT FILE[=NAME]...
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml"}


def literal(data):
    """A string literal; octal escapes end after three digits, whatever follows."""
    lines = [data[at:at + 64] for at in range(0, len(data), 64)]
    return "\n".join('      "' + "".join(f"\\{byte:03o}" for byte in line) + '"' for line in lines) or '      ""'


def entry(argument):
    path, _, name = argument.partition("=")
    path = pathlib.Path(path)
    data = path.read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    return f"""    {{"{name or path.name}", "{TYPES[path.suffix]}", "{hashlib.sha256(data).hexdigest()[:16]}",
     absl::string_view(
{literal(data)},
      {len(data)}),
     absl::string_view(
{literal(packed)},
      {len(packed)})}},
"""


def main(out, *files):
    pathlib.Path(out).write_text("""// Made by proxy/page/embed.py.
#include "proxy/page/page_files.h"

namespace tributary {
namespace {

constexpr PageFile kFiles[] = {
""" + "".join(map(entry, files)) + """};

}  // namespace

absl::Span<const PageFile> PageFiles() { return kFiles; }

}  // namespace tributary
""")


if __name__ == "__main__":
    main(*sys.argv[1:])
