#!/usr/bin/env python3
"""Writes where each fuzzer begins: a file per seed in OUT/<fuzzer>_corpus.

usage: seeds.py ROOT PROTOC OUT
"""
import hashlib
import pathlib
import subprocess
import sys

LINES = [
    "a.b.c:1:2:3.5|ms|@0.1|#region:eu,canary|c:ci-0123|e:it-false,cn-web|T1656581400|card:low",
    "level:+5|g", "level:-1e3|g|#host:a", "users:10.0.0.1:8080|s", "size:.5|h", "cost:5.|d", "hits:+1|c|@1e-3",
    "latency:320|ms|@0.5|#veneurglobalonly,veneurlocalonly",
    "_sc|db.up|2|d:1656581400|h:web-1|#region:eu|m:it\\nfell\\m: over",
    "_e{5,13}:title|text\\nsecond|d:1656581400|h:web-1|k:key|p:low|s:source|t:error|#region:eu",
]
QUERIES = [
    'sum by (region, "a.b") (rate(api_latency{service="api",host!~"x.*"}[5m] offset -1h @ end())) > bool 0x1f',
    "histogram_quantile(0.99, a / on(x) group_left(y) b) or -c ^ 2 ^ -3 unless ignoring(z) d # why",
    'quantile([.5, 0.99], {"api.latency", \'x y\'=~`z`}[1w2d]) by (l) atan2 topk(3, (m)[1h:30s] @ 1.5)',
    'count_values("v\\n", abs(increase(m[300:]))) % distinct(m[1d]) without (l) == Inf',
]
INSTANCE = 'instance: "AAAAAAAAAAAAAAAA" '
MESSAGES = [
    ("Up", INSTANCE + 'hello { protocol_version: 1 cluster: "c" role: ROLE_AGENT host: "h" interval_ms: 10000'
     ' partition_count: 4096 first_interval: 170000000 supersedes: "BBBBBBBBBBBBBBBB" }'),
    ("Up", INSTANCE + 'batch { owner: "g" blocks { interval: 170000000 partition: 7 chunk_count: 1 sample_count: 2'
     ' crc32c: 0x12345678 codec: CODEC_RAW payload: "p" } }'),
    ("Up", INSTANCE + 'batch { owner: "g" runs { interval: 170000000 partition_steps: [7, 0, 90] chunks: [0, 1, 0]'
     ' chunk_counts: [2, 2, 1] sample_counts: [2, 3, 300] crc32cs: [305419896, 1, 2] sizes: [4, 3, 2] payloads: "pqrs" } }'),
    ("Up", INSTANCE + f'marker {{ interval: 170000000 nonempty: "{"a" * 512}" sample_count: 3'
     ' dropped { reason: "memory" sample_count: 1 } books { accepted: 9 committed: 1 local: 1 pending: 2 open: 2'
     ' dropped { reason: "rule" sample_count: 3 } } }'),
    ("Up", INSTANCE + "goodbye { final_interval: 170000000 books { accepted: 1 committed: 1 } }"),
    ("Up", INSTANCE + 'view { sequence: 1 effective_from: 170000000 members { id: "g-0" address: "a:1" weight: 1 }'
     ' members { id: "g-1" address: "b:2" weight: 2.5 } }'),
    ("Down", INSTANCE + 'owner: "g" welcome { incarnation: 5 server_unix_ms: 1700000000000 sealed_through: 169999999 }'),
    ("Down", INSTANCE + 'owner: "g" received { blocks { interval: 170000000 status: BLOCK_STATUS_OK partitions: 7'
     ' chunks: 0 } markers: 170000000 }'),
    ("Down", INSTANCE + 'owner: "g" committed { interval: 170000000 partitions: [7, 8] chunks: [0, 1] }'),
    ("Down", INSTANCE + 'owner: "g" pull { interval: 170000000 partitions: [7, 8] }'),
]


def encoded(root, protoc, message, text):
    return subprocess.run([protoc, f"-I{root}/proto", f"--encode=tributary.v1.{message}", "tributary/v1/delivery.proto"],
                          input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def golden(root, name):
    return bytes.fromhex((root / "tests" / "golden" / f"{name}.hex").read_text())


def main():
    root, protoc, out = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    seeds = {
        "line_parser_fuzz": [line.encode() for line in LINES],
        "promql_parser_fuzz": [query.encode() for query in QUERIES],
        "tdigest_decode_fuzz": [golden(root, "tdigest_v1"), golden(root, "tdigest_v2")],
        "hyperloglog_decode_fuzz": [golden(root, "hyperloglog_v1"), golden(root, "hyperloglog_axiomhq_40"),
                                    golden(root, "hyperloglog_native"), bytes.fromhex("82c11010") + bytes(2048)],
        # The first byte chooses the codec.
        "payload_decode_fuzz": [b"\0" + golden(root, f"unit_payload_v{version}") for version in (1, 2)],
        "delivery_message_fuzz": [encoded(root, protoc, *message) for message in MESSAGES],
    }
    for fuzzer, contents in seeds.items():
        folder = out / f"{fuzzer}_corpus"
        folder.mkdir(parents=True, exist_ok=True)
        for content in contents:
            (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


if __name__ == "__main__":
    main()
