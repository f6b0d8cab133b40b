"""Works of scripts/versus on the web as it is today: HTTP/2, TLS, permessage-deflate."""

import json
import random

import versus_tools as tools
from versus_tools import harness_sample, middle, note, wsbench

CONNECTIONS = (64, 1000)
MESSAGE = 1000  # bytes
# A client: its transport, its load in the scenario; with the libraries alone; what the server is told; how many.
IDLE, TALKING = ("idle", ""), ("echo", 'rate = "1/s"\npayload = "1kB"\ncontent = "json"')
CLIENTS = {
    "WebSocket": ("", IDLE, "plain", (), (100, 10_000)),
    "WebSocket, TLS": ("tls = true", IDLE, "tls", ("--tls",), (100, 10_000)),
    "WebSocket, HTTP/2": ("http = 2", IDLE, "http2", (), (100, 10_000)),
    "WebSocket, HTTP/2 and TLS": ("http = 2, tls = true", IDLE, "tls-http2", ("--tls",), (100, 10_000)),
    "WebSocket, deflate, 1 kB per second": ("deflate = true", TALKING, "deflate", ("--deflate",), (50, 1_000)),
}
POLLERS = """
name = "pollers"
clients = 10_000
warmup = "3s"
measure = "10s"
[load.push]
every = "1s"
[[transport]]
polling = { every = "1s", http = 2, tls = true }
"""


class Today:
    """What `Versus` has of these."""

    def http2(self):
        url = f"http://127.0.0.1:{tools.nginx(self.processes, ' http2')}/"
        for count in CONNECTIONS:
            def ours(program=tools.PROGRAM):
                polling = 'polling = { every = "0s", http = 2 }'
                measured = wsbench(self.processes, count, self.seconds, "idle", url=url, transport=polling, program=program)
                return harness_sample(measured, measured["tally"]["traffic"]["window"]["responses"])

            contestants = {"wsbench": ours}
            for name in ("h2load", "oha"):
                if tools.peer(name):
                    measure = getattr(tools, name)
                    contestants[name] = lambda measure=measure: measure(self.processes, url, count, self.seconds, 2)
                else:
                    note(f"no {name} here: left out")
            self.compare(f"HTTP/2 GET, {count:,} connections", contestants, {"h2load": 1.2, "oha": 0.8})

    def deflate(self):
        """Both ends compress with a context of their own, whatever the length."""
        messages = self.processes.folder / "messages.jsonl"
        messages.write_text("\n".join(trades()))
        keys = f'pace = "closed"\npayload = "{MESSAGE}B"\nsamples = "{messages}"'
        count, servers = CONNECTIONS[0], tools.websocket_target(self.processes, "--echo", "--deflate")
        with servers as port:
            url = f"ws://127.0.0.1:{port}/"

            def ours(program=tools.PROGRAM, transport="websocket = { deflate = true }"):
                measured = wsbench(self.processes, count, self.seconds, "echo", keys, url, transport, program)
                return harness_sample(measured, measured["tally"]["traffic"]["window"]["messages_down"])

            contestants = {"wsbench": ours, "wsbench, not compressed": lambda: ours(transport="websocket = {}")}
            if tools.ws_client():
                contestants["ws"] = lambda: tools.ws_load(self.processes, url, count, self.seconds, messages)
            else:
                note("no ws here: left out (scripts/third-party ws)")
            self.compare(f"WebSocket echo of {MESSAGE} B with deflate, {count} connections", contestants, {})

    def clients(self):
        """Resident memory of each client, and with the libraries alone: slopes, which leave the programs themselves out."""
        program = tools.build_bench("library")
        for what, (options, load, kind, flags, counts) in CLIENTS.items():
            ours, theirs = [], []
            for _ in range(max(1, self.rounds // 2)):
                self.foreign.append(tools.foreign_share())
                ours.append(slope(counts, lambda count: self.shard_memory(count, load, options)))
                with tools.websocket_target(self.processes, "--echo", *flags) as port:
                    theirs.append(slope(counts, lambda count: self.library_memory(program, kind, port, count)))
            each, alone = middle(ours), middle(theirs)
            ratio = middle([a / b for a, b in zip(ours, theirs)])
            what = f"memory, {counts[1]:,} clients: {what}"
            self.row(what, "wsbench", f"{each / 1e3:.2f} kB each", "", "", "", "")
            # Of a plain connection no library is known: that is the floor's.
            judged = ("at most 1.2", ratio <= 1.2) if kind != "plain" else ("", "")
            self.row(what, "libraries alone", f"{alone / 1e3:.2f} kB each", "", f"{ratio:.2f}", *judged)

    def shard_memory(self, count, load, options):
        transport = f"websocket = {{ {options} }}"
        measured = wsbench(self.processes, count, 2, *load, transport=transport)
        return measured["harness"][0]["memory"]

    def library_memory(self, program, kind, port, count):
        out, _ = self.processes.run(program, kind, f"127.0.0.1:{port}", count)
        return json.loads(out)["memory"]

    def pollers(self):
        """The machine as it is, with both cores: is the measurement VALID?"""
        samples, verdicts = [], []
        for number in range(max(1, self.rounds // 2)):
            self.foreign.append(tools.foreign_share())
            measured = tools.trial(self.processes, POLLERS)
            verdict = measured["verdict"]
            samples.append(harness_sample(measured, measured["tally"]["traffic"]["window"]["responses"]))
            verdicts.append(verdict["status"].upper())
            said = ", ".join(warning["code"] for warning in verdict.get("warnings", []))
            note(f"pollers, round {number + 1}: {verdicts[-1]} {said}")
        what, rate = "10,000 pollers, one poll per second, HTTP/2 and TLS", middle([sample.rate for sample in samples])
        cost, met = middle([sample.cost for sample in samples]), all(said == "VALID" for said in verdicts)
        self.row(what, "wsbench", f"{cost:.1f}", f"{rate:,.0f}", " ".join(verdicts), "VALID", met)


def slope(counts, memory):
    few, many = (memory(count) for count in counts)
    return (many - few) / (counts[1] - counts[0])


def trades():
    """Sample messages of exactly that length: trades, as a stock ticker would send them."""
    chance = random.Random(1)
    for _ in range(500):
        line = ""
        while len(line) < MESSAGE:
            trade = {"symbol": chance.choice(["AAPL", "AMZN", "CSCO", "GOOG", "IBM", "MSFT", "ORCL"]),
                     "price": round(chance.uniform(10, 900), 2), "volume": chance.randrange(100, 100_000),
                     "bid": round(chance.uniform(10, 900), 2), "time": f"09:{chance.randrange(60):02}:{chance.randrange(60):02}"}
            line += json.dumps(trade)
        yield line[:MESSAGE]
