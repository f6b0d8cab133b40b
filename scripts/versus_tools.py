"""Processes, results and peers for scripts/versus: how each is started, and how its numbers are read."""

import base64
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("WSBENCH", str(HERE / "target/release/wsbench"))
BEFORE = os.environ.get("BEFORE")  # Another binary of wsbench, to be compared with.
GENERATOR, SERVER = 0, 1  # cores
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}{how} backlog=4096; location / {{ return 200 "0123456789abcdefghij\\n"; }} }}
}}
"""


class Trouble(Exception):
    """A peer or a server did not do what it should."""


class Sample:
    """One round of one tool: operations, seconds, CPU seconds, and other numbers by name."""

    def __init__(self, operations, seconds, cpu, **more):
        self.rate = operations / seconds
        self.cost = cpu / operations * 1e6 if operations else float("nan")
        self.more = more


class Processes:
    """Everything that was started here, ended here: by its id, also after Ctrl-C."""

    def __init__(self):
        self.running = []
        self.folder = Path(tempfile.mkdtemp(prefix="versus-"))

    def start(self, core, *words, **options):
        def pinned():
            if core is not None:
                os.sched_setaffinity(0, {core})

        process = subprocess.Popen(
            [str(word) for word in words], preexec_fn=pinned, stdin=subprocess.DEVNULL, text=True, **options
        )
        self.running.append(process)
        return process

    def run(self, *words, seconds=60):
        """Runs a generator to its end: what it printed, and the CPU seconds that it and its children took."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.start(GENERATOR, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            raise Trouble(f"{words[0]} did not end within {seconds} s") from late
        self.running.remove(process)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode != 0:
            raise Trouble(f"{' '.join(map(str, words))}: exit code {process.returncode}: {err.strip()[-300:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return out, cpu

    def stop(self, process):
        """Asks a process to end, and insists after five seconds."""
        for ask in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(ask)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
        self.running.remove(process)

    def end(self):
        for process in list(reversed(self.running)):
            self.stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listening(port, process):
    for _ in range(100):
        if process.poll() is not None:
            raise Trouble(f"a server ended at once: {process.args}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return port
        time.sleep(0.05)
    raise Trouble(f"nothing listens on port {port}")


def nginx(processes, how=""):
    """`how` is more of its `listen`."""
    port, program = free_port(), shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        raise Trouble("no nginx here")
    folder = Path(tempfile.mkdtemp(dir=processes.folder))
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, how=how))
    server = processes.start(SERVER, program, "-c", config, "-p", folder, stderr=subprocess.DEVNULL)
    return listening(port, server)


@contextlib.contextmanager
def websocket_target(processes, *flags):
    port = free_port()
    words = (PROGRAM, "serve", "websocket", "--bind", f"127.0.0.1:{port}", *flags)
    server = processes.start(SERVER, *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield listening(port, server)
    finally:
        if server in processes.running:
            processes.stop(server)


def percentile(histogram, share):
    """A percentile in ns of a histogram in HdrHistogram's V2 form (3 digits from 1 on), or None."""
    if not histogram["count"]:
        return None
    packed = base64.b64decode(histogram["hdr_v2"])
    data = zlib.decompress(packed[8:])
    at, end, index, seen = 40, 40 + struct.unpack(">i", data[4:8])[0], 0, 0
    while at < end:
        zigzag, shift = 0, 0
        while True:
            byte, at = data[at], at + 1
            zigzag |= (byte if shift == 56 else byte & 127) << shift
            shift += 7
            if shift > 56 or byte < 128:
                break
        count = (zigzag >> 1) ^ -(zigzag & 1)
        if count < 0:
            index -= count
            continue
        seen += count
        if seen >= share * histogram["count"]:
            bucket = max((index >> 10) - 1, 0)
            return (index - (bucket << 10)) << bucket
        index += 1
    return None


SCENARIO = """
name = "versus"
clients = {clients}
warmup = "500ms"
measure = "{seconds}s"
shards = 1
{target}
[load.{load}]
{keys}
[[transport]]
{transport}
"""


def wsbench(processes, clients, seconds, load, keys="", url=None, transport="websocket = {}", program=PROGRAM):
    """Holds one trial; its measurement as results.json has it. A target that it starts goes to the other core."""
    target = f'[target]\nurl = "{url}"' if url else ""
    text = SCENARIO.format(**{k: v for k, v in locals().items() if k not in ("processes", "program")})
    return trial(processes, text, program, GENERATOR, not url)


def trial(processes, text, program=PROGRAM, core=None, moves=False):
    """The same of any scenario with one trial, on all cores unless one is named."""
    folder = Path(tempfile.mkdtemp(dir=processes.folder))
    scenario = folder / "versus.toml"
    scenario.write_text(text)
    words = (program, "run", scenario, "--quiet", "--out", folder / "out")
    run = processes.start(core, *words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if moves:
        move_target(run)
    _, err = run.communicate(timeout=120)
    processes.running.remove(run)
    # 4: the measurement is INVALID; a saturated generator is what is asked for here. 99: the server had enough first.
    if run.returncode not in (0, 4, 99):
        raise Trouble(f"wsbench: exit code {run.returncode}: {err.strip()[-500:]}\n{text}")
    return json.loads((folder / "out/results.json").read_text())["measurements"][0]


def move_target(run):
    """Its children inherit the generator's core; the target's process, once it is there, gets the server's."""
    for _ in range(200):
        for child in children(run.pid):
            with contextlib.suppress(OSError):
                if b"\0target\0" in Path(f"/proc/{child}/cmdline").read_bytes():
                    for thread in os.listdir(f"/proc/{child}/task"):
                        os.sched_setaffinity(int(thread), {SERVER})
                    return
        time.sleep(0.01)
    raise Trouble("the target's process did not appear")


def children(pid):
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            yield from (task / "children").read_text().split()


def harness_sample(measurement, operations, **more):
    """CPU of the shard in the window, by what passed in it."""
    usage = measurement["harness"][0]
    seconds = measurement["window_s"]
    cpu = (usage["user_s"] + usage["system_s"]) / usage["over_s"] * seconds
    return Sample(operations, seconds, cpu, **more)


def build_bench(name):
    """Builds a program of benches/ and says where it is."""
    words = ["cargo", "bench", "--quiet", "--no-run", "--bench", name, "--message-format=json"]
    built = subprocess.run(words, cwd=HERE, stdout=subprocess.PIPE, text=True, check=True)
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            return message["executable"]
    raise Trouble(f"cargo built no {name}")


def floor(processes, program, *words):
    line, _ = processes.run(program, *words)
    read = json.loads(line)
    return Sample(read["operations"], read["seconds"], read["cpu_s"], p50=read["p50_us"])


def found(name, pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise Trouble(f"{name} printed something else: {text[:300]}")
    return float(match[1])


def wrk(processes, url, connections, seconds):
    out, cpu = processes.run("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url)
    return Sample(found("wrk", r"(\d+) requests in", out), seconds, cpu)


def h2load(processes, url, connections, seconds, version=1):
    # One stream each. Without TLS and --h1 it speaks HTTP/2 by prior knowledge.
    how = ["--h1"] if version == 1 else ["-m1"]
    words = ("h2load", *how, "-t1", f"-c{connections}", f"-D{seconds}", url)
    out, cpu = processes.run(*words)
    return Sample(found("h2load", r"(\d+) succeeded", out), seconds, cpu)


def oha(processes, url, connections, seconds, version=1):
    how = [] if version == 1 else ["--http2", "-p", 1]
    words = (peer("oha"), *how, "-z", f"{seconds}s", "-c", connections, "--no-tui", "--output-format", "json", url)
    out, cpu = processes.run(*words)
    summary = json.loads(out)
    answered = sum(summary["statusCodeDistribution"].values())
    return Sample(answered, summary["summary"]["total"], cpu)


def autocannon(processes, url, connections, seconds):
    words = (peer("autocannon"), "-c", connections, "-d", seconds, "-j", "-n", url)
    out, cpu = processes.run(*words)
    return Sample(json.loads(out)["requests"]["total"], seconds, cpu)


def uws_load_test(processes, port, connections, _seconds):
    """uWebSockets' load_test.c: it says its rate every 4 s, and CPU and messages are those between two such lines."""
    words = ("stdbuf", "-oL", peer("uws_load_test"), connections, "127.0.0.1", port, 0, 0, 32)
    process = processes.start(GENERATOR, *words, stdout=subprocess.PIPE)
    try:
        edges = []
        while len(edges) < 2:
            line = process.stdout.readline()
            if not line:
                raise Trouble("uws_load_test has ended")
            if line.startswith("Msg/sec:"):
                edges.append((float(line.split()[1]), process_cpu(process.pid), time.monotonic()))
    finally:
        processes.stop(process)
    (_, cpu, began), (rate, more, ended) = edges
    return Sample(rate * (ended - began), ended - began, more - cpu)


def ws_client():
    """ws's own client as a generator, where it is installed."""
    folder = HERE / "targets/third_party/ws"
    return folder / "client.js" if (folder / "node_modules/ws").is_dir() and shutil.which("node") else None


def ws_load(processes, url, connections, seconds, messages):
    out, _ = processes.run("node", ws_client(), url, connections, seconds, messages)
    read = json.loads(out)
    return Sample(read["operations"], read["seconds"], read["cpu_s"])


def process_cpu(pid):
    """CPU seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peer(name):
    """Where a peer is: $OHA, $AUTOCANNON or $UWS_LOAD_TEST, or on the PATH; None when it is not here."""
    return os.environ.get(name.upper()) or shutil.which(name)


def core_seconds():
    """(seconds at work, all seconds) of the two cores so far, as /proc/stat has them."""
    busy = whole = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in (f"cpu{GENERATOR}", f"cpu{SERVER}"):
            ticks = [int(tick) for tick in ticks[:8]]
            whole += sum(ticks)
            busy += sum(ticks) - ticks[3] - ticks[4]
    return busy, whole


def foreign_share():
    """How busy the two cores are while nothing of ours runs: 0 on a quiet machine."""
    before = core_seconds()
    time.sleep(0.5)
    after = core_seconds()
    return (after[0] - before[0]) / max(after[1] - before[1], 1)


def middle(values):
    values = [value for value in values if value is not None]
    return median(values) if values else None


def note(text):
    print(text, file=sys.stderr, flush=True)
