// Who is compared: Chromium with a page of its own, and a client of wsbench, which is driven as `wsbench run` drives it: the
// target is `wsbench target`, the client `wsbench shard`, both told what to do on their stdin.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FLAGS } from "../report/flags.mjs";

export const SEED = 42;
const EVERY = "100ms";
const PAYLOAD = 21;

/** CLOCK_MONOTONIC in ns, as wsbench's processes tell each other the time. */
const now = () => Number(process.hrtime.bigint());
const LONG = 3_600e9;

/** A child that speaks lines. */
class Child {
  #waiting = [];
  lines = [];

  constructor(program, args, name) {
    this.process = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdin.on("error", () => {});
    let rest = "";
    this.process.stdout.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      this.lines.push(...lines);
      this.#look();
    });
    this.ended = new Promise((done) => this.process.on("close", (code) => done(code)));
    this.ended.then((code) => this.#waiting.forEach(({ fail }) => fail(new Error(`${name} has ended (${code}): ${this.lines.at(-1)}`))));
  }

  /** The first line of which `find` makes something. */
  line(find) {
    return new Promise((found, fail) => {
      this.#waiting.push({ find, found, fail });
      this.#look();
    });
  }

  #look() {
    this.#waiting = this.#waiting.filter(({ find, found }) => {
      const what = this.lines.map(find).find((what) => what !== undefined);
      if (what !== undefined) found(what);
      return what === undefined;
    });
  }

  say(what) {
    this.process.stdin.write(`${JSON.stringify(what)}\n`);
  }

  async end() {
    this.process.stdin.end();
    const late = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    await this.ended;
    clearTimeout(late);
  }
}

/** Trials as `wsbench run` makes them, by transport, of a run that is as short as can be. */
export function trials(program, folder, load, transports) {
  const scenario = join(folder, `${load}.toml`);
  const tables = transports.map((transport) => `[[transport]]\n${transport}\n`).join("");
  const about = load === "push" ? `payload = "${PAYLOAD}B"` : `payload = "64B"`;
  writeFileSync(scenario, `name = "${load}"\nclients = 1\nwarmup = "100ms"\nmeasure = "300ms"\nshared-machine = true\n` +
    `[load.${load}]\nevery = "${EVERY}"\n${about}\n[headers]\nprofile = "browser"\n${tables}`);
  const out = join(folder, load);
  try {
    execFileSync(program, ["run", scenario, "--out", out, "-q", "--shards", "1", "--pin=false"], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    // 4, 99: what it measured is not asked for here.
    if (![4, 99].includes(error.status)) throw new Error(`wsbench run ${scenario}: ${error.stderr}`);
  }
  return JSON.parse(readFileSync(join(out, "results.json"), "utf8")).measurements.map((measurement) => measurement.trial);
}

/** A reference target that publishes from now on; where the trial is one of echo, it sends back what comes. */
export async function target(program, trial) {
  const child = new Child(program, ["target"], "the target");
  const [[name, options]] = Object.entries(trial.transport);
  const served = {
    polling: () => ({ every: options.every, reply: options.reply }),
    "long-polling": () => ({ hold: options.hold }),
    websocket: () => (options.deflate ? { deflate: options.deflate } : {}),
  }[name] ?? (() => ({ body: options.body }));
  child.say({
    transport: { [name]: served() },
    publication: trial.load.push ?? null,
    clients: { start: 0, end: 1 }, seed: SEED, headers: trial.headers, bind: "127.0.0.1:0", start: "on-word", ring: 1024,
  });
  const port = await child.line((line) => line.match(/^ready .*:(\d+)$/)?.[1]);
  const start = now() + 50e6;
  child.say({ start: { start, begin: start, end: start + LONG } });
  return { port: Number(port), start, end: () => child.end() };
}

/** One client of wsbench at `port`; `speaks`: `{ http, tls }`. */
export async function simulated(program, trial, port, speaks, start) {
  const child = new Child(program, ["shard"], "the shard");
  const event = (name) => child.line((line) => {
    const said = JSON.parse(line);
    if (said.failed) throw new Error(`the shard: ${said.failed}`);
    return said === name ? true : said[name];
  });
  await event("up");
  const address = `127.0.0.1:${port}`;
  const connect = { http: String(speaks.http), tls: speaks.tls ? { name: "127.0.0.1", ca: null, insecure: true } : null };
  const endpoint = { address: { tcp: address }, others: [], authority: address, expects: "reference", connect };
  const own = { ...trial, seed: SEED, warmup: "100ms", shards: 1, pin: false };
  child.say({
    trial: own, slice: { start: 0, end: 1 }, targets: [{ clients: { start: 0, end: 1 }, endpoint }],
    headers: trial.headers, values: null, session: null, post: null,
  });
  await event("ready");
  child.say({ begin: { start, begin: now() + 200e6, end: now() + LONG } });
  return {
    async end() {
      child.say("stop");
      const done = await event("done");
      await child.end();
      return done;
    },
  };
}

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Chromium at that page. Nobody drives it: what drives a browser changes what it says. */
export function browser(url) {
  const profile = mkdtempSync(join(process.env.FOLDER, "profile-"));
  const flags = ["--headless=new", "--remote-debugging-port=0", "--ignore-certificate-errors", `--user-data-dir=${profile}`,
    "--lang=en-US", ...(process.env.CHROMIUM_FLAGS ?? "").split(" ").filter(Boolean)];
  // Without a window it would call itself another name; what it says of its makers (sec-ch-ua) is the same.
  const version = execFileSync(CHROMIUM, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).toString().match(/(\d+)\./)[1];
  const agent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
  const headed = flags.includes("--headed");
  if (!headed) flags.push(`--user-agent=${agent}`);
  const chosen = flags.filter((flag) => flag !== "--headed" && !(headed && flag.startsWith("--headless")));
  const child = spawn(CHROMIUM, [...FLAGS, ...chosen, url], { stdio: "ignore", detached: true });
  const ended = new Promise((done) => child.on("close", done));
  return {
    async end() {
      // With all of its processes, which are a group of their own.
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await ended;
    },
  };
}
