// node main.mjs PROGRAM FOLDER: each transport that a browser speaks by itself, over HTTP/1.1 and HTTP/2, in the clear and over
// TLS: the browser and wsbench receive from the same reference target, and what passed is compared. A line each.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, simulated, target, trials } from "./clients.mjs";
import { compare, opening, weights } from "./compare.mjs";
import { page, route } from "./pages.mjs";
import { Recorder, certificate } from "./recorder.mjs";

const [program, folder] = process.argv.slice(2);
process.env.FOLDER = folder;
const PATIENCE = 30_000;
/** Of so many complete exchanges the last is compared: tables are warm then. */
const ENOUGH = 4;
const DOCS = "docs/todays-web.md#beside-a-real-browser";

const CELLS = [
  { name: "polling", table: `polling = { every = "100ms" }` },
  { name: "long-polling", table: "long-polling = {}" },
  { name: "streaming", table: "streaming = {}", streams: true },
  { name: "sse", table: "sse = {}", streams: true },
  { name: "sse", label: "sse again", table: "sse = {}", streams: true, again: true },
  { name: "websocket", table: "websocket = {}", streams: true },
  { name: "websocket", label: "websocket deflate", table: "websocket = { deflate = true }", streams: true },
  { name: "post", label: "POST", table: "long-polling = {}", load: "echo" },
];
const SPEAKS = [{ http: 1 }, { http: 1, tls: true }, { http: 2, tls: true }];

/** The exchange to compare, once there are enough; of a stream the one that streams. */
function chosen(recorder, cell, again) {
  for (const connection of recorder.measured()) {
    const own = connection.exchanges().filter((one) => one.path?.startsWith(route(cell.name)));
    const found = cell.streams ? streaming(own.filter((one) => !again || comesBack(one))) : answered(own, cell);
    if (found) return { ...found, connection };
  }
  return undefined;
}

const comesBack = (one) => one.request.some(({ name }) => name.toLowerCase() === "last-event-id");

function streaming(own) {
  const stream = own.findLast((one) => ["101", "200"].includes(one.status) && (one.down?.body.length ?? 0) >= ENOUGH);
  return stream && { one: stream, first: stream };
}

/** With one message in the answer: a client that comes late gets several at once. */
function answered(own, cell) {
  const messages = (one) => Buffer.concat(one.down.body.map((piece) => piece.data)).toString().split("\n").length - 1;
  const whole = own.filter((one) => one.whole && (cell.name === "post" || (one.status === "200" && messages(one) === 1)));
  return whole.length > ENOUGH ? { one: whole.at(-2), first: own[0] } : undefined;
}

async function until(recorder, cell, who) {
  let again = false;
  for (let waited = 0; waited < PATIENCE; waited += 100) {
    const found = chosen(recorder, cell, again);
    if (found && (again || !cell.again)) return found;
    if (found) {
      // What has passed has to be heard, too: who has heard nothing has nothing to come back to.
      await new Promise((next) => setTimeout(next, 1_000));
      found.connection.cut();
      again = true;
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  const seen = recorder.measured().flatMap((connection) => connection.exchanges().map((one) => `${one.path} ${one.status} ${one.request.map(({ name }) => name)} ${one.down?.body.length}`));
  throw new Error(`${who} has not received enough in ${PATIENCE / 1_000} s: ${seen.slice(0, 5).join(", ")}`);
}

/** What both have done: the client of wsbench first, whose message the browser posts. */
async function both(recorder, cell, trial, speaks) {
  const received = [];
  for (const who of ["wsbench", "the browser"]) {
    const server = await target(program, trial);
    const body = received[0]?.one.up.body.map((piece) => piece.data.toString("latin1")).join("");
    recorder.begin(server.port, who === "wsbench" ? undefined : page(cell.name, body, speaks.http));
    const url = `${speaks.tls ? "https" : "http"}://127.0.0.1:${recorder.port}/`;
    const client = who === "wsbench" ? await simulated(program, trial, recorder.port, speaks, server.start) : browser(url);
    try {
      received.push(await until(recorder, cell, who));
    } finally {
      await client.end();
      await server.end();
    }
  }
  return received;
}

/** One line, and what is kept for whoever wants to look. */
function verdict(label, [ours, theirs], cell, speaks) {
  const shared = speaks.http === 2 && cell.name === "websocket";
  const differences = compare(theirs.one, ours.one, { streams: cell.streams, shared });
  if (speaks.tls) {
    const [there, here] = [theirs, ours].map(({ one, connection }) => connection.recordsOf(one));
    // Chromium writes the head of a POST and its body one after the other.
    const known = speaks.http === 2 && cell.name === "post" && there === here + 1;
    if (there !== here) differences.push({ what: `request: ${there} records of TLS | ${here}`, name: known ? "records" : undefined });
  }
  const weight = weights(ours.one, cell.streams);
  const bytes = cell.streams ? `${weight.up} up, ${weight.head} down, ${weight.body} each` : `${weight.up} up, ${weight.down} down`;
  const named = [...new Set(differences.map((one) => one.name ?? "UNEXPLAINED"))];
  const said = differences.length === 0 ? "equal" : `differs: ${named.join(", ")} (${DOCS})`;
  console.log(`${label}: ${bytes}: ${said}`);
  for (const { what, name } of differences) console.log(`    ${name ?? "UNEXPLAINED"}: ${what}`);
  return differences.every((one) => one.name);
}

const kept = {};
let explained = true;
const trialsOf = (load) => {
  const own = CELLS.filter((cell) => (cell.load ?? "push") === load);
  const tables = [...new Set(own.map((cell) => cell.table))];
  const made = trials(program, folder, load, tables);
  return own.map((cell) => [cell, made.find((trial) => trial.number === tables.indexOf(cell.table))]);
};
const all = new Map([...trialsOf("push"), ...trialsOf("echo")]);
mkdirSync(folder, { recursive: true });
const identity = certificate(folder);
for (const speaks of SPEAKS.filter((one) => !process.env.HTTP || String(one.http) === process.env.HTTP)) {
  const recorder = await Recorder.listening({ http: speaks.http, tls: speaks.tls ? identity : undefined });
  for (const cell of CELLS) {
    const label = `${cell.label ?? cell.name}, HTTP/${speaks.http === 2 ? "2" : "1.1"}${speaks.tls ? ", TLS" : ""}`;
    const only = process.env.ONLY;
    if (only && !label.startsWith(only)) continue;
    const made = all.get(cell);
    const [[name, options]] = Object.entries(made.transport);
    const access = { ...options.access, http: speaks.http === 2 ? "2" : undefined };
    const trial = { ...made, transport: { [name]: { ...options, access } } };
    const received = await both(recorder, cell, trial, speaks);
    const heads = ([ours, theirs]) => ({ wsbench: [ours.first, ours.one], browser: [theirs.first, theirs.one] });
    kept[label] = heads(received);
    if (speaks.tls && cell === CELLS[0]) {
      const [ours, theirs] = received.map(({ connection }) => opening(connection));
      console.log(`opening of a connection, HTTP/${speaks.http === 2 ? "2" : "1.1"}, TLS: ${theirs === ours ? "equal" : `differs: opening (${DOCS})`}`);
      console.log(`    opening: ${theirs} | ${ours}`);
    }
    explained = verdict(label, received, cell, speaks) && explained;
  }
  recorder.end();
}
console.log("not compared: HTTP/2 in the clear, which no browser speaks; Socket.IO and SockJS, whose clients are libraries above these");
writeFileSync(join(folder, "heads.json"), JSON.stringify(kept, (key, value) => (value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value), 1));
process.exit(explained ? 0 : 1);
