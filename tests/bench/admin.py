#!/usr/bin/env python3
"""How fast the admin API answers with many rows in the store, while the data plane is at full load.

    ninja -C build-bench src/sluice tests/mockllm/mockllm tests/bench/load
    tests/bench/admin.py [--build build-bench] [--rows 100000] [--calls 400] [--keys 5]

The rows are consumers with a key each, put into the database of a gateway that is down. Each kind of call is made
--calls times, one after another; prints its p50, p99 and worst in milliseconds, first without load, then with it, and
how the load fared. Then --keys keys are made, one after another: how long until the answer, which is when it is served here.
Fails when a read's p99 under load is above 20 ms or when a request of the load failed.
"""
import argparse
import hashlib
import http.client
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import announced_port, free_port, stop, wait_until_ready

TARGET_MS = 20
PASSWORD = "bench admin password"
ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(number):
    text = ""
    for _ in range(26):
        text = ULID[number % 32] + text
        number //= 32
    return text


def fill(path, rows):
    """Consumers app-0 .. app-{rows-1}, as the admin API would have written them."""
    def row(i):
        digest = hashlib.sha256(f"bench-key-{i}".encode()).hexdigest()
        spec = {"name": f"app-{i}", "keys": [{"name": "main", "key_sha256": digest}],
                "tags": {"stage": ("test", "live")[i % 2]}}
        return (ulid(i + 1), spec["name"], json.dumps(spec), 1_700_000_000_000_000 + i)

    db = sqlite3.connect(path)
    with db:
        db.executemany("INSERT INTO resource VALUES (?1, 'consumer', ?2, 'default', '', 1, ?3, '{}', ?4, 'bench', ?4, 'bench')",
                       (row(i) for i in range(rows)))
        db.execute("WITH RECURSIVE place (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM place WHERE i < 16) "
                   "INSERT INTO name_part SELECT DISTINCT kind, substr(name, i, 3), name FROM resource JOIN place "
                   "ON i <= length(name) - 2 WHERE kind = 'consumer'")
    db.close()


class Gateway:
    def __init__(self, build, directory, vendor_port):
        self.build, self.directory = build, directory
        self.port, self.admin_port = free_port(), free_port()
        self.config = directory / "sluice.json"
        self.config.write_text(json.dumps({
            "gateway": {"listeners": [{"address": f"127.0.0.1:{self.port}"}], "workers": 1,
                        "admin": {"address": f"127.0.0.1:{self.admin_port}"}, "data_dir": str(directory / "data")},
            "services": [{"name": "svc0", "path": "/svc0/*", "strip_prefix": True, "url": f"http://127.0.0.1:{vendor_port}"}],
        }))

    def start(self):
        self.process = subprocess.Popen([self.build / "src/sluice", "serve", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={"SLUICE_ADMIN_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"})
        wait_until_ready(self.port, self.process, 120)
        wait_until_ready(self.admin_port, self.process, 120)

    def stop(self):
        stop(self.process)


class Admin:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {}
        status, headers, body = self.call("POST", "/login", {"name": "admin", "password": PASSWORD})
        if status != 200:
            raise SystemExit(f"admin: login answers {status}: {body}")
        self.headers = {"Cookie": headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": json.loads(body)["csrf_token"]}

    def call(self, method, path, body=None):
        headers = dict(self.headers, **({"Content-Type": "application/json"} if body is not None else {}))
        self.connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


def reads(rows):
    """Of each kind of call its name and the path of one at random."""
    def some():
        return random.randrange(rows)

    return {
        "get": lambda: f"/consumers/app-{some()}",
        "list, first page": lambda: "/consumers?limit=50",
        "list, by name down": lambda: "/consumers?limit=50&sort=-name",
        "list, newest first": lambda: "/consumers?limit=50&sort=-created_at",
        "list, by its beginning": lambda: f"/consumers?limit=50&q=app-{some()}",
    }


def measure(admin, path_of, calls):
    took = []
    for _ in range(calls):
        path, began = path_of(), time.perf_counter()
        status, _, body = admin.call("GET", path)
        took.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise SystemExit(f"admin: {path} answers {status}: {body[:200]}")
    took.sort()
    return took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)], took[-1]


def measure_all(admin, options, label):
    worst_p99 = 0
    for name, path_of in reads(options.rows).items():
        p50, p99, most = measure(admin, path_of, options.calls)
        worst_p99 = max(worst_p99, p99)
        print(f"{name:<24} {label:<10} {p50:>8.2f} {p99:>8.2f} {most:>8.2f}", flush=True)
    return worst_p99


def measure_keys(admin, count):
    took = []
    for i in range(count):
        began = time.perf_counter()
        status, _, body = admin.call("POST", "/credentials", {"name": f"new-{i}", "consumer": "app-7"})
        took.append((time.perf_counter() - began) * 1000)
        if status != 201:
            raise SystemExit(f"admin: a new key answers {status}: {body[:300]}")
    print(f"{'a new key':<24} {'':<10} {sorted(took)[count // 2]:>8.2f} {'':>8} {max(took):>8.2f}", flush=True)


def run(options, directory):
    vendor = subprocess.Popen([options.build / "tests/mockllm/mockllm", "--record", "0", "--ledger", "0"], stdout=subprocess.PIPE, text=True)
    gateway = Gateway(options.build, directory, announced_port(vendor))
    load = None
    try:
        gateway.start()
        gateway.stop()
        fill(directory / "data" / "control.db", options.rows)
        gateway.start()
        admin = Admin(gateway.admin_port)
        print(f"{'call':<24} {'load':<10} {'p50 ms':>8} {'p99 ms':>8} {'worst':>8}")
        measure_all(admin, options, "none")
        load = subprocess.Popen([options.build / "tests/bench/load", "-p", str(gateway.port), "-X", "GET", "-m", "plain", "-u",
                                 "/svc0/bytes/1024", "-c", "32", "-d", "600"], stdout=subprocess.PIPE, text=True)
        worst = measure_all(admin, options, "full")
        load.terminate()
        got = json.loads(load.communicate(timeout=30)[0])
        bad = got["errors"] + sum(n for status, n in got["status"].items() if status != "200")
        print(f"the load: {got['requests'] / got['seconds']:.0f} requests a second, {bad} bad, p99 {got['p99_us'] / 1000:.2f} ms")
        if options.keys != 0:
            measure_keys(admin, options.keys)
        print(f"reads under load within {TARGET_MS} ms (p99): {'yes' if worst <= TARGET_MS else 'no'}")
        return worst <= TARGET_MS and bad == 0
    finally:
        if load is not None:
            stop(load)
        gateway.stop()
        stop(vendor)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build-bench"))
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--keys", type=int, default=5)
    options = parser.parse_args()
    options.build = options.build.resolve()
    directory = Path(tempfile.mkdtemp(prefix="sluice-admin-"))
    try:
        return 0 if run(options, directory) else 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
