#!/usr/bin/env python3
"""Compares Sluice with nginx and with a bare TCP relay on the same work, in one interleaved run.

    bench.py [--sluice BINARY] [--build DIR] [--only NAME,...] [--rounds N] [--seconds S] [--json FILE]

The servers under test run on CPU 1; the load generator and the vendor (mockllm) on CPU 0. Every
round visits every server of a scenario in turn, so that drift of the machine hits all alike; the
median round counts. CPU time is utime+stime of a server and all its children from /proc, divided
by the requests (for sse_*: by the events) that the load generator completed.

nginx carries the features that Sluice has switched on: a key check (map), limit_req, a JSON access
log, and the exchange of the caller's key for the vendor's. Standard library only.
"""
import argparse
import functools
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOAD_CPU, SERVER_CPU = 0, 1
CLIENT_KEY = "bench-key"
VENDOR_KEY = "vendor-key"
TICK = os.sysconf("SC_CLK_TCK")

# One vendor process per kind of answer; the gateway picks it by model name, nginx and relay by port.
VENDORS = {
    "chat": "chunks=1,chunk_bytes=600",
    "sse": "chunks=200,delay=1",
    "idle": "chunks=2,ttft=3600000",
}


def chat_body(model, size, stream=False):
    body = {"model": model, "stream": stream, "max_tokens": 1000,
            "messages": [{"role": "system", "content": "You are a bench."}, {"role": "user", "content": ""}]}
    room = size - len(json.dumps(body))
    body["messages"][1]["content"] = ("The quick brown fox \"jumps\".\n" * (room // 32 + 1))[:max(1, room - room // 10)]
    return json.dumps(body).encode()


CODE = """def fetch(url: str, retries: int = 3) -> bytes:
\t\"\"\"Read `url`; raises OSError when it \\"fails\\".\"\"\"
\tfor attempt in range(retries):
\t\ttry:
\t\t\treturn urllib.request.urlopen(url, timeout=10).read()
\t\texcept OSError as e:
\t\t\tlog.warning("attempt %d: %s", attempt, e)
\traise OSError(url)
"""


def agent_tool(i):
    text = {"type": "string", "description": "What it is for, in a sentence that a model can read."}
    members = {f"option_{k}": {**text, "enum": ["first", "second", "third"]} if k % 3 == 0 else
               {"type": "integer", "minimum": 0, "description": "How many, at most."} for k in range(8)}
    return {"type": "function", "function": {
        "name": f"tool_{i}", "description": "Does one thing to files of the project and says what. " * 6,
        "parameters": {"type": "object", "properties": {"path": text, **members}, "required": ["path"]}}}


def agent_messages(count, bytes_each, who=""):
    """Turns of a coding agent: a call of a tool, and its result, full of quotes and line ends."""
    messages = [{"role": "system", "content": "You are a careful engineer. " * 200},
                {"role": "user", "content": f"Please mend the build{who}."}]
    for i in range((count - 2) // 2):
        call = {"id": f"call_{i:08d}", "type": "function",
                "function": {"name": f"tool_{i % 60}", "arguments": json.dumps({"path": f"src/{i}.py", "option_1": i})}}
        messages += [{"role": "assistant", "content": None, "tool_calls": [call]},
                     {"role": "tool", "tool_call_id": call["id"], "content": (CODE * (bytes_each // len(CODE) + 1))[:bytes_each]}]
    return messages


AGENTS, STEPS = 8, 8


def agent_bodies(model):
    """What AGENTS coding agents send, each with STEPS steps of its own: 60 tools, which all have, and 72 to 86 messages,
    two more with each step; 300 KB on average."""
    tools = [agent_tool(i) for i in range(60)]

    def body(messages):
        return json.dumps({"model": model, "max_tokens": 1000, "tools": tools, "messages": messages})

    room = 300_000 - len(body(agent_messages(80, 100)))
    per_result = 100 + int(room / 39 * len(CODE) / len(json.dumps(CODE)))
    return [body(agent_messages(72 + 2 * step, per_result, f" of project {agent}")).encode()
            for agent in range(AGENTS) for step in range(STEPS)]


def strange_bodies(model):
    """The same, but no body has the beginning of its tools or of its conversation in common with another one."""
    return [body.replace(b"tool_0", f"tool_{i}_0".encode()).replace(b"You are a", f"{i}: you are a".encode(), 1)
            for i, body in enumerate(agent_bodies(model))]


class Scenario:
    """One row of the table: a request (or a function that makes many of them), the vendor behind it, who takes part, and
    what is aimed at: a ratio to nginx, to the relay, or microseconds above the relay."""

    def __init__(self, name, vendor="chat", method="GET", target="/", body=None, mode="plain", connections=32, routes=1,
                 servers=("sluice", "nginx", "relay"), x_nginx=None, x_relay=None, above_us=None):
        self.name, self.vendor, self.method, self.target = name, vendor, method, target
        self.make, self.mode, self.connections = body, mode, connections
        self.routes, self.servers = routes, servers
        self.x_nginx, self.x_relay, self.above_us = x_nginx, x_relay, above_us

    @functools.cached_property
    def bodies(self):
        made = self.make() if callable(self.make) else self.make
        return made if isinstance(made, list) else [made] if made is not None else []


CHAT = "/v1/chat/completions"
SCENARIOS = [
    Scenario("rest_1k", target="/svc0/bytes/1024", x_nginx=0.85, x_relay=1.35),
    Scenario("chat_1k", method="POST", target=CHAT, body=chat_body("bench-chat", 1024), x_nginx=1.0),
    Scenario("chat_100k", method="POST", target=CHAT, body=chat_body("bench-chat", 100 << 10), x_nginx=1.3),
    Scenario("chat_to_anthropic", method="POST", target=CHAT, body=chat_body("bench-anthropic", 1024), x_nginx=1.6),
    Scenario("agent_300k", method="POST", target=CHAT, body=lambda: agent_bodies("bench-chat"), connections=AGENTS,
             x_nginx=1.3),
    Scenario("agent_first", method="POST", target=CHAT, body=lambda: strange_bodies("bench-chat"), connections=AGENTS),
    Scenario("agent_to_anthropic", method="POST", target=CHAT, body=lambda: agent_bodies("bench-anthropic"),
             connections=AGENTS, x_nginx=3.0),
    Scenario("sse_200", "sse", "POST", CHAT, chat_body("bench-sse", 1024, True), "sse", x_nginx=1.2, above_us=1.0),
    Scenario("sse_to_anthropic", "sse", "POST", CHAT, chat_body("bench-anthropic-sse", 1024, True), "sse",
             above_us=2.5),
    Scenario("routes_1", target="/svc0/bytes/1024", servers=("sluice", "nginx")),
    Scenario("routes_1000", target="/svc999/bytes/1024", routes=1000, servers=("sluice", "nginx")),
    Scenario("routes_40000", target="/svc39999/bytes/1024", routes=40000, servers=("sluice",)),
]
ROUTES_ROUNDS = 3
IDLE_KB, IDLE_RSS_MB, READY_MS, ROUTES_SHARE = 24, 20, 50, 0.97  # what is aimed at
TOGETHER = ("routes_1", "routes_1000", "routes_40000")  # compared with each other: measured in one interleaved run


# --- processes -------------------------------------------------------------------------------

def pinned(cpu, command, **kw):
    return subprocess.Popen(["taskset", "-c", str(cpu), *map(str, command)], **kw)


def announced_port(process):
    """The port of a program whose first line is `listening ADDRESS:PORT`."""
    line = process.stdout.readline()
    if ":" not in line:
        raise SystemExit(f"bench: {process.args[3]} did not start")
    return int(line.rsplit(":", 1)[1])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_ready(port, process, limit_s=30.0):
    """Seconds until `port` answers an HTTP request without a 5xx status."""
    start = time.monotonic()
    ask = b"GET /healthz HTTP/1.1\r\nHost: bench.local\r\nConnection: close\r\n\r\n"
    while time.monotonic() - start < limit_s:
        if process.poll() is not None:
            raise SystemExit(f"bench: {process.args[3]} ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                s.sendall(ask)
                if s.recv(13)[9:10] in (b"2", b"3", b"4"):
                    return time.monotonic() - start
        except OSError:
            pass
        time.sleep(0.0005)
    raise SystemExit(f"bench: port {port} is not ready after {limit_s} s")


def family(pid):
    """`pid` and its descendants."""
    pids = [pid]
    for parent in pids:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            pids += [int(p) for p in task.read_text().split()]
    return pids


def cpu_seconds(pid):
    ticks = 0
    for p in family(pid):
        fields = Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def rss_bytes(pid):
    pages = sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE")


def stop(process):
    """End a process that this program started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


# --- the servers under test ------------------------------------------------------------------

class Server:
    """A proxy under test: `ports` maps a vendor's name to the port that leads to it."""

    name = ""

    def __init__(self, bench, routes):
        self.bench, self.routes, self.process, self.ports = bench, routes, None, {}
        self.dir = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=bench.dir))

    def start(self):
        """Start and return the seconds until ready."""
        raise NotImplementedError

    def stop(self):
        if self.process is not None:
            stop(self.process)

    def serve(self, command, port):
        log = open(self.dir / "stderr.log", "wb")
        self.process = pinned(SERVER_CPU, command, stdout=log, stderr=log)
        log.close()
        return wait_until_ready(port, self.process)

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def rss_bytes(self):
        return rss_bytes(self.process.pid)


class Relay(Server):
    """One relay process per vendor, because a relay cannot choose."""

    name = "relay"
    processes = ()

    def start(self):
        start = time.monotonic()
        self.processes = [pinned(SERVER_CPU, [self.bench.program("relay"), 0, port], stdout=subprocess.PIPE, text=True)
                          for port in self.bench.vendor_ports.values()]
        self.ports = dict(zip(self.bench.vendor_ports, map(announced_port, self.processes)))
        return time.monotonic() - start

    def stop(self):
        for process in self.processes:
            stop(process)

    def cpu_seconds(self):
        return sum(cpu_seconds(p.pid) for p in self.processes)

    def rss_bytes(self):
        return sum(rss_bytes(p.pid) for p in self.processes)


NGINX_CONF = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log error;
worker_rlimit_nofile {files}; {user}
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  map $http_authorization $consumer {{ default ""; "Bearer {client_key}" bench; }}
  limit_req_zone $consumer zone=rate:1m rate=1000000r/s;
  log_format json escape=json '{{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
    '"uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,"duration":$request_time,'
    '"upstream":"$upstream_addr","upstream_time":"$upstream_response_time","consumer":"$consumer",'
    '"id":"$request_id"}}';
  access_log {dir}/access.log json buffer=64k flush=1s;
  keepalive_requests 100000000; keepalive_timeout 3600s; reset_timedout_connection on;
  client_body_buffer_size 256k; proxy_buffers 16 16k; proxy_buffer_size 16k; tcp_nodelay on;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  proxy_http_version 1.1; proxy_read_timeout 3600s;
  proxy_set_header Connection ""; proxy_set_header Authorization "Bearer {vendor_key}";
  proxy_set_header X-Request-Id $request_id; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  {servers}
}}
"""

NGINX_SERVER = """
  upstream {name} {{ server 127.0.0.1:{vendor_port}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=8192; server_name bench.local;
    if ($consumer = "") {{ return 401; }}
    limit_req zone=rate burst=100000 nodelay;
    proxy_buffering {buffering};
    location /v1/ {{ proxy_pass http://{name}; {more} }}
    {locations}
  }}
"""


class Nginx(Server):
    name = "nginx"

    def server_block(self, vendor):
        streams = vendor != "chat"
        locations = "" if streams else "\n".join(
            f"location /svc{i}/ {{ proxy_pass http://{vendor}/; }}" for i in range(self.routes))
        return NGINX_SERVER.format(name=vendor, vendor_port=self.bench.vendor_ports[vendor], port=self.ports[vendor],
                                   buffering="off" if streams else "on", locations=locations,
                                   more="proxy_buffer_size 4k;" if streams else "")

    def config(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        connections = files * 9 // 8  # it drops young connections when fewer than 1/16 are free
        return NGINX_CONF.format(dir=self.dir, files=files, connections=connections, client_key=CLIENT_KEY,
                                 vendor_key=VENDOR_KEY, user="user root;" if os.geteuid() == 0 else "",
                                 servers="".join(map(self.server_block, self.ports)))

    def start(self):
        self.ports = {vendor: free_port() for vendor in VENDORS}
        path = self.dir / "nginx.conf"
        path.write_text(self.config())
        return self.serve([self.bench.nginx, "-p", self.dir, "-c", path, "-e", self.dir / "error.log"],
                          self.ports["chat"])


def sluice_config(port, vendor_ports, routes, directory):
    """The configuration of Sluice for this bench, as JSON: the one place that knows its language.

    Everything of the issue's feature list is on: key_auth, rate_limit, token_limit, budget, access
    log, ledger and metrics. Models: bench-chat, bench-sse and bench-idle are the OpenAI dialect of
    the vendors of these names; bench-anthropic and bench-anthropic-sse are the `chat` and the `sse` vendor
    in the Anthropic dialect. Pools and timeouts have room for 10,000 silent streams,
    whose heads the clients get with the first keep-alive.
    Services svc0 .. svc{routes-1} strip their prefix and lead to the `chat` vendor.
    """
    def account(name, vendor, listener):
        return {"name": name, "vendor": vendor, "base_url": f"http://127.0.0.1:{vendor_ports[listener]}/v1",
                "keys": [{"key": VENDOR_KEY}], "pool": {"connections": 20000}}

    def model(name, account_name):
        return {"name": name, "targets": [{"account": account_name, "model": "bench"}],
                "timeouts": {"first_token": "1h", "total": "1h"}, "heartbeat": "2s"}

    def price(vendor):
        return {"vendor": vendor, "model": "bench", "input": "1", "output": "2"}

    limits = [{"type": "key_auth"}, {"type": "rate_limit", "limit": 1000000, "window": "1s", "burst": 1000000}]
    money = [{"type": "token_limit", "limit": 10**9, "window": "1m"},
             {"type": "budget", "amount": "1000000", "period": "month"}]
    config = {
        "gateway": {"listeners": [{"address": f"127.0.0.1:{port}"}], "admin": {"enabled": False}, "workers": 1,
                    "data_dir": str(directory / "data"), "access_log": {"path": str(directory / "access.log")}},
        "consumers": [{"name": "bench", "keys": [{"name": "bench", "key": CLIENT_KEY}]}],
        "policies": limits,
        "accounts": [*(account(v, "custom-openai", v) for v in VENDORS), account("anthropic", "anthropic", "chat"),
                     account("anthropic-sse", "anthropic", "sse")],
        "models": [model("bench-anthropic", "anthropic"), model("bench-anthropic-sse", "anthropic-sse"),
                   *(model(f"bench-{v}", v) for v in VENDORS)],
        "prices": [price("custom-openai"), price("anthropic")],
        "services": [{"name": "ai", "kind": "ai", "policies": money},
                     *({"name": f"svc{i}", "path": f"/svc{i}/*", "strip_prefix": True,
                        "url": f"http://127.0.0.1:{vendor_ports['chat']}"} for i in range(routes))],
    }
    return json.dumps(config, indent=1)


class Sluice(Server):
    name = "sluice"

    def start(self):
        port = free_port()
        self.ports = {vendor: port for vendor in VENDORS}
        path = self.dir / "sluice.json"
        path.write_text(sluice_config(port, self.bench.vendor_ports, self.routes, self.dir))
        return self.serve([self.bench.sluice, "serve", path], port)


SERVERS = {"sluice": Sluice, "nginx": Nginx, "relay": Relay}


# --- measuring -------------------------------------------------------------------------------

class Bench:
    def __init__(self, options):
        self.options = options
        self.dir = Path(tempfile.mkdtemp(prefix="bench-"))
        self.nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.sluice = options.sluice if options.sluice and os.access(options.sluice, os.X_OK) else None
        self.available = [name for name in SERVERS if self.is_available(name)]
        self.vendors, self.vendor_ports, self.results = {}, {}, {}

    def is_available(self, name):
        present = {"sluice": self.sluice, "nginx": self.nginx, "relay": True}[name]
        if not present:
            print(f"bench: {name} is not there and is left out", file=sys.stderr)
        return bool(present)

    def program(self, name):
        folder = "mockllm" if name == "mockllm" else "bench"
        return Path(self.options.build) / "tests" / folder / name

    def start_vendors(self):
        for name, scenario in VENDORS.items():
            self.vendors[name] = pinned(LOAD_CPU, [self.program("mockllm"), "--record", 0, "--ledger", 0,
                                                   "--default", scenario], stdout=subprocess.PIPE, text=True)
            self.vendor_ports[name] = announced_port(self.vendors[name])

    def close(self):
        for process in self.vendors.values():
            stop(process)
        shutil.rmtree(self.dir, ignore_errors=True)

    def load_command(self, scenario, server, *more):
        command = [self.program("load"), "-p", server.ports[scenario.vendor], "-X", scenario.method,
                   "-m", scenario.mode, "-H", f"Authorization: Bearer {CLIENT_KEY}", *more]
        target = scenario.target
        if server.name == "relay" and target.startswith("/svc"):
            target = "/" + target.split("/", 2)[2]  # it cannot strip a prefix
        command += ["-u", target]
        if scenario.bodies:
            command += ["-H", "Content-Type: application/json"]
        for i, body in enumerate(scenario.bodies):
            path = self.dir / f"{scenario.name}.{i}.json"
            if not path.exists():
                path.write_bytes(body)
            command += ["-b", path]
        return command

    def run_load(self, scenario, server, seconds):
        command = self.load_command(scenario, server, "-c", scenario.connections, "-d", seconds)
        done = subprocess.run(["taskset", "-c", str(LOAD_CPU), *map(str, command)], check=True,
                              capture_output=True, text=True, timeout=seconds + 30)
        return json.loads(done.stdout)

    def round(self, scenario, server, seconds):
        before = server.cpu_seconds()
        got = self.run_load(scenario, server, seconds)
        used = server.cpu_seconds() - before
        units = got["events"] if scenario.mode == "sse" else got["requests"]
        bad = got["errors"] + sum(n for status, n in got["status"].items() if status != "200")
        if scenario.mode == "sse":
            bad += got["requests"] - got["terminals"]
        return {"cpu_us": used * 1e6 / max(units, 1), "p50_us": got["p50_us"], "p99_us": got["p99_us"],
                "per_second": units / got["seconds"], "bad": bad}

    def measure(self, scenarios):
        """All servers of some scenarios, interleaved; the median of the rounds of each."""
        pairs = [(scenario, SERVERS[name](self, scenario.routes)) for scenario in scenarios
                 for name in scenario.servers if name in self.available]
        rounds = {pair: [] for pair in pairs}
        try:
            for scenario, server in pairs:
                server.start()
                self.run_load(scenario, server, 0.2)  # warm
            more = ROUTES_ROUNDS if len(scenarios) > 1 else 1  # differences of a few per cent: many short rounds
            for _ in range(self.options.rounds * more):
                for scenario, server in pairs:
                    rounds[scenario, server].append(self.round(scenario, server, self.options.seconds / more))
            rss = {pair: pair[1].rss_bytes() for pair in pairs}
        finally:
            for _, server in pairs:
                server.stop()
        for pair, got in rounds.items():
            medians = {k: statistics.median(r[k] for r in got) for k in got[0] if k != "bad"}
            self.results.setdefault(pair[0].name, {})[pair[1].name] = {
                **medians, "bad": sum(r["bad"] for r in got), "rss_mb": rss[pair] / 2**20}

    def hold_streams(self, server, streams):
        """RSS before and while `streams` event streams are open and silent."""
        scenario = Scenario("idle_streams", "idle", "POST", CHAT, chat_body("bench-idle", 1024, True), "idle")
        before = server.rss_bytes()
        load = pinned(LOAD_CPU, self.load_command(scenario, server, "-c", streams), stdout=subprocess.PIPE, text=True)
        try:
            line = load.stdout.readline()
            held = int(line.split()[1]) if line.startswith("held") else 0
            during = server.rss_bytes()
        finally:
            stop(load)
        return {"rss_mb": before / 2**20, "held": held, "kb_per_stream": (during - before) / 1024 / max(held, 1)}

    def measure_idle(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        streams = min(self.options.streams, (files - 200) // 2)  # a proxy needs two per stream
        self.results["idle_streams"] = {}
        for name in self.available:
            server = SERVERS[name](self, 1)
            try:
                server.start()
                self.results["idle_streams"][name] = self.hold_streams(server, streams)
            finally:
                server.stop()

    def measure_startup(self):
        self.results["startup"] = {}
        for name in self.available:
            times_ms = []
            for _ in range(7):
                server = SERVERS[name](self, 1)
                times_ms.append(server.start() * 1000)
                server.stop()
            self.results["startup"][name] = {"ready_ms": statistics.median(times_ms)}


# --- the report ------------------------------------------------------------------------------

def ratio(results, name, other):
    if name == other or other not in results:
        return ""
    return f"{results[name]['cpu_us'] / max(results[other]['cpu_us'], 1e-9):.2f}"


def above(results, name):
    if name == "relay" or "relay" not in results:
        return ""
    return f"{results[name]['cpu_us'] - results['relay']['cpu_us']:.2f}"


def aim(scenario):
    aims = [(scenario.x_nginx, "{:g} x nginx"), (scenario.x_relay, "{:g} x relay"), (scenario.above_us, "relay + {:g}")]
    return ", ".join(text.format(value) for value, text in aims if value is not None)


def print_header():
    print(f"{'scenario':<18} {'server':<7} {'cpu us':>8} {'x nginx':>8} {'x relay':>8} {'+ relay':>8} {'p50 us':>8} "
          f"{'p99 us':>8} {'per s':>8} {'RSS MB':>7} {'bad':>5}  target", flush=True)


def print_load(results, scenario):
    for name, r in results.items():
        print(f"{scenario.name:<18} {name:<7} {r['cpu_us']:>8.2f} {ratio(results, name, 'nginx'):>8} "
              f"{ratio(results, name, 'relay'):>8} {above(results, name):>8} {r['p50_us']:>8.0f} "
              f"{r['p99_us']:>8.0f} {r['per_second']:>8.0f} {r['rss_mb']:>7.1f} {r['bad']:>5}"
              f"  {aim(scenario) if name == 'sluice' else ''}".rstrip(), flush=True)


def load_verdicts(scenario, results):
    """(what, value, target) of a row; the smaller the value the better."""
    own = results.get("sluice")
    for other, target in (("nginx", scenario.x_nginx), ("relay", scenario.x_relay)):
        if own and target is not None and other in results:
            yield f"{scenario.name} x {other}", own["cpu_us"] / max(results[other]["cpu_us"], 1e-9), target
    if own and scenario.above_us is not None and "relay" in results:
        yield f"{scenario.name} us above relay", own["cpu_us"] - results["relay"]["cpu_us"], scenario.above_us


def routes_verdicts(results):
    one = results.get("routes_1", {}).get("sluice")
    for count in (1000, 40000):
        many = results.get(f"routes_{count}", {}).get("sluice")
        if one and many:
            yield f"{count} routes, cost x that of one", many["cpu_us"] / one["cpu_us"], 1 / ROUTES_SHARE


def other_verdicts(results):
    idle, ready = (results.get(name, {}).get("sluice") for name in ("idle_streams", "startup"))
    if idle:
        yield "KB per idle stream", idle["kb_per_stream"], IDLE_KB
        yield "MB when idle", idle["rss_mb"], IDLE_RSS_MB
    if ready:
        yield "ms until ready", ready["ready_ms"], READY_MS


def print_verdicts(bench):
    rows = [v for s in SCENARIOS for v in load_verdicts(s, bench.results.get(s.name, {}))]
    rows += [*routes_verdicts(bench.results), *other_verdicts(bench.results)]
    for what, value, target in rows:
        verdict = "met" if value <= target else f"missed by {value / target - 1:.0%}"
        print(f"target  {what:<34} {value:>8.2f}  of {target:<5.3g} {verdict}")


def print_others(bench):
    for name, r in bench.results.get("idle_streams", {}).items():
        print(f"idle_streams  {name:<7} {r['held']} held, {r['kb_per_stream']:.1f} KB each, "
              f"{r['rss_mb']:.1f} MB when idle")
    for name, r in bench.results.get("startup", {}).items():
        print(f"startup       {name:<7} ready after {r['ready_ms']:.1f} ms")


def read_options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--sluice", help="the binary; left out when it is missing")
    p.add_argument("--build", help="Meson build directory with tests/ (default: that of --sluice, else build)")
    p.add_argument("--only", help="scenarios, by comma; also idle_streams and startup")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=1.0, help="of each round")
    p.add_argument("--streams", type=int, default=10000, help="of idle_streams")
    p.add_argument("--json", help="write the results there")
    options = p.parse_args()
    if options.build is None:
        options.build = Path(options.sluice).resolve().parents[1] if options.sluice else ROOT / "build"
    return options


def groups(chosen):
    together = [s for s in chosen if s.name in TOGETHER]
    return [[s] for s in chosen if s not in together] + ([together] if together else [])


def main():
    options = read_options()
    wanted = options.only.split(",") if options.only else [s.name for s in SCENARIOS] + ["idle_streams", "startup"]
    unknown = set(wanted) - {s.name for s in SCENARIOS} - {"idle_streams", "startup"}
    if unknown:
        raise SystemExit(f"bench: no such scenario: {', '.join(sorted(unknown))}")
    bench = Bench(options)
    chosen = [s for s in SCENARIOS if s.name in wanted and set(s.servers) & set(bench.available)]
    try:
        bench.start_vendors()
        print_header()
        for group in groups(chosen):
            bench.measure(group)
            for scenario in group:
                print_load(bench.results[scenario.name], scenario)
        if "idle_streams" in wanted:
            bench.measure_idle()
        if "startup" in wanted:
            bench.measure_startup()
    finally:
        bench.close()
    print("cpu us: per request; sse_*: per event (also `per s`). bad: errors and answers other than a complete 200.")
    print_others(bench)
    print_verdicts(bench)
    if options.json:
        Path(options.json).write_text(json.dumps(bench.results, indent=1))


if __name__ == "__main__":
    main()
