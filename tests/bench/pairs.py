#!/usr/bin/env python3
"""What an open stream takes in memory, for each dialect of a client and each of a vendor.

    ninja -C build-bench src/sluice tests/mockllm/mockllm tests/bench/load && tests/bench/pairs.py [STREAMS [SLUICE]]

Each stream has had 30 events, thoughts and text, and is silent then. Prints KB of resident memory for each: what the
process takes with STREAMS (9,900) of them, less what it took before, each pair in a process of its own. Ends with 1 when
one takes more than IDLE_KB of bench.py.
"""
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-bench"
MESSAGES = [{"role": "user", "content": "x" * 900}]
SETTLE_S = 1.0

# dialect -> vendor, path of its base URL, model
VENDORS = {
    "openai": ("custom-openai", "/v1", "mock-1"),
    "anthropic": ("anthropic", "/v1", "mock-1"),
    "responses": ("custom-responses", "/v1", "mock-1"),
    "gemini": ("gemini", "/v1beta", "mock-1"),
    "bedrock": ("aws-bedrock", "", "eu.anthropic.claude-mock-v1:0"),
    "cohere": ("cohere-v2", "", "mock-1"),
    "ollama": ("ollama-native", "", "mock-1"),
}


def messages(model):
    return {"model": model, "stream": True, "max_tokens": 100, "messages": MESSAGES}


# dialect -> path, body
CLIENTS = {
    "openai": (bench.CHAT, messages),
    "anthropic": ("/v1/messages", messages),
    "responses": ("/v1/responses", lambda model: {"model": model, "stream": True, "input": "x" * 900}),
    "gemini": ("/v1beta/models/{model}:streamGenerateContent?alt=sse",
               lambda _: {"contents": [{"role": "user", "parts": [{"text": "x" * 900}]}]}),
    "cohere": ("/v2/chat", messages),
    "ollama": ("/api/chat", messages),
}


def account(name, vendor_port):
    vendor, path, _ = VENDORS[name]
    region = {"region": "eu-central-1"} if name == "bedrock" else {}
    return {"name": name, "vendor": vendor, "base_url": f"http://127.0.0.1:{vendor_port}{path}", "serves_unlisted": True,
            "keys": [{"key": bench.VENDOR_KEY}], "pool": {"connections": 20000}, **region}


def config(port, vendor_port, directory):
    return {
        "gateway": {"listeners": [{"address": f"127.0.0.1:{port}"}], "admin": {"enabled": False}, "workers": 1,
                    "data_dir": str(directory / "data"), "access_log": {"path": str(directory / "access.log")}},
        "consumers": [{"name": "bench", "keys": [{"name": "bench", "key": bench.CLIENT_KEY}]}],
        "policies": [{"type": "key_auth"}, {"type": "rate_limit", "limit": 10**6, "window": "1s", "burst": 10**6}],
        "accounts": [account(name, vendor_port) for name in VENDORS],
        "models": [{"name": name, "targets": [{"account": name, "model": model}],
                    "timeouts": {"first_token": "1h", "total": "1h"}} for name, (_, _, model) in VENDORS.items()],
        "services": [{"name": "ai", "kind": "ai",
                      "policies": [{"type": "token_limit", "limit": 10**9, "window": "1m"}]}],
    }


def load_command(client, vendor, port, streams, directory):
    path, body = CLIENTS[client]
    request = directory / "request.json"
    request.write_text(json.dumps(body(vendor)))
    return [BUILD / "tests/bench/load", "-p", port, "-X", "POST", "-m", "idle", "-c", streams, "-b", request,
            "-H", f"Authorization: Bearer {bench.CLIENT_KEY}", "-H", "Content-Type: application/json",
            "-u", path.format(model=vendor)]


def kb_each(client, vendor, port, streams, sluice, directory):
    log = open(directory / "stderr.log", "wb")
    server = bench.pinned(bench.SERVER_CPU, [sluice, "serve", directory / "sluice.json"], stdout=log, stderr=log)
    log.close()
    try:
        bench.wait_until_ready(port, server)
        before = bench.rss_bytes(server.pid)
        load = bench.pinned(bench.LOAD_CPU, load_command(client, vendor, port, streams, directory),
                            stdout=subprocess.PIPE, text=True)
        line = load.stdout.readline()
        time.sleep(SETTLE_S)
        during = bench.rss_bytes(server.pid)
        bench.stop(load)
    finally:
        bench.stop(server)
    held = int(line.split()[1]) if line.startswith("held") else 0
    if held != streams:
        raise SystemExit(f"pairs: {client} to {vendor}: {held} of {streams} streams are open")
    return (during - before) / 1024 / held


def main():
    streams = int(sys.argv[1]) if len(sys.argv) > 1 else 9900
    sluice = sys.argv[2] if len(sys.argv) > 2 else BUILD / "src/sluice"
    directory = Path(tempfile.mkdtemp(prefix="pairs-"))
    vendor = bench.pinned(bench.LOAD_CPU, [BUILD / "tests/mockllm/mockllm", "--record", 0, "--ledger", 0, "--default",
                                           "chunks=40,reasoning=5,fault=stall@30"], stdout=subprocess.PIPE, text=True)
    most = 0.0
    try:
        port = bench.free_port()
        (directory / "sluice.json").write_text(json.dumps(config(port, bench.announced_port(vendor), directory)))
        print(f"{'client':<10}" + "".join(f"{name:>11}" for name in VENDORS))
        for client in CLIENTS:
            row = [kb_each(client, name, port, streams, sluice, directory) for name in VENDORS]
            most = max(most, *row)
            print(f"{client:<10}" + "".join(f"{kb:>11.1f}" for kb in row), flush=True)
    finally:
        bench.stop(vendor)
        shutil.rmtree(directory, ignore_errors=True)
    print(f"target  KB per open stream, at most {most:.1f} of {bench.IDLE_KB}")
    return most > bench.IDLE_KB


if __name__ == "__main__":
    sys.exit(main())
