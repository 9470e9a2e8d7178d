"""Sketches in ClickHouse, from Debian's package: what was committed is there once, and its own SQL gives the fleet's
percentiles.

    python -> agent-0, agent-1 -> proxy -> global-0, global-1 -> ClickHouse        interval 1 s
"""
import http.client
import math
import pathlib
import random
import subprocess
import time
import unittest

from cluster import Cluster, free_port, http_get

DDL = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples" / "clickhouse.sql"
REGIONS = ("eu", "us", "ap")


class ClickHouse:
    def __init__(self, folder):
        self.folder, self.port, self.child = folder, free_port(), None
        folder.mkdir()
        (folder / "users.xml").write_text("""
<yandex><profiles><default/></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
</yandex>""")
        (folder / "config.xml").write_text(f"""
<yandex><logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
<http_port>{self.port}</http_port><tcp_port>{free_port()}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>67108864</uncompressed_cache_size></yandex>""")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.child = subprocess.Popen(["clickhouse-server", f"--config-file={self.folder}/config.xml"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        if self.child is not None:
            self.child.kill()
            self.child.wait(timeout=30)
            self.child = None

    def is_up(self):
        try:
            return http_get(self.url + "/ping")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def run(self, sql):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", sql.encode())
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        assert reply.status == 200, text
        return [line.split("\t") for line in text.splitlines()]


class ClickHouseTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(5)
        self.exact = {region: [] for region in REGIONS}
        self.cluster = Cluster(agents=2)
        self.storage = ClickHouse(self.cluster.dir / "clickhouse")
        for process in self.cluster.globals:
            process.config.write_text(process.config.read_text() + f"  - {{kind: clickhouse, url: '{self.storage.url}', timeout: 5s}}\n")
        self.addCleanup(self.storage.kill)
        self.storage.start()
        self.enterContext(self.cluster)
        self.cluster.wait_for(self.storage.is_up, 60, "ClickHouse up")

    def send_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for agent in self.cluster.agents:
                lines = [b"shop.orders:1|c"]
                for region in REGIONS:
                    for _ in range(10):
                        value = round(math.exp(self.random.gauss(3 + REGIONS.index(region), 0.6)), 3)
                        self.exact[region].append(value)
                        lines.append(b"shop.wait:%.3f|ms|#region:%s" % (value, region.encode()))
                agent.send_unix(b"\n".join(lines))
            time.sleep(0.1)

    @property
    def samples(self):
        return sum(map(len, self.exact.values()))

    def stored(self):
        if not self.storage.is_up():
            return -1
        return float(self.storage.run("SELECT sum(count) FROM tributary FINAL WHERE name = 'shop.wait'")[0][0])

    def test_percentiles_by_its_own_sql_are_the_fleets(self):
        self.send_for(1.5)  # before there is a table
        self.storage.run(DDL.read_text())
        self.send_for(3)
        self.storage.kill()
        self.send_for(3)
        self.storage.start()
        self.send_for(2)
        self.cluster.wait_for(lambda: self.stored() >= self.samples, 90, "every sample in ClickHouse")
        self.assertEqual(self.stored(), self.samples)
        orders = self.storage.run("SELECT sum(value), min(whole) FROM tributary FINAL WHERE name = 'shop.orders'")
        self.assertEqual(orders, [[str(self.samples // 30), "1"]])

        quantiles = (0.5, 0.9, 0.99)
        rows = self.storage.run("""
            SELECT tags.value[indexOf(tags.key, 'region')] AS region, sum(count),
                   quantilesTDigestWeightedArray(0.5, 0.9, 0.99)(centroids.mean, centroids.weight)
            FROM tributary FINAL WHERE name = 'shop.wait' AND whole GROUP BY region ORDER BY region""")
        self.assertEqual([row[0] for row in rows], sorted(REGIONS))
        for region, count, values in rows:
            exact = sorted(self.exact[region])
            self.assertEqual(float(count), len(exact), region)
            for q, value in zip(quantiles, values.strip("[]").split(",")):
                rank = sum(sample <= float(value) for sample in exact) / len(exact)
                self.assertAlmostEqual(rank, q, delta=0.015, msg=f"{region}: p{q * 100:g} is told as {value}")

    def test_a_row_that_comes_twice_counts_once(self):
        self.storage.run(DDL.read_text())
        self.send_for(2)
        self.cluster.wait_for(lambda: self.stored() >= self.samples, 60, "every sample in ClickHouse")
        before = self.storage.run("SELECT count() FROM tributary FINAL")
        self.storage.run("INSERT INTO tributary SELECT * FROM tributary")
        self.assertEqual(self.stored(), self.samples)
        self.assertEqual(self.storage.run("SELECT count() FROM tributary FINAL"), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
