// What report.html must show, computed a second time from results.json alone, by other code than wsbench's: histograms are
// read by hdr-histogram-js.
import * as hdr from "hdr-histogram-js";

const decoded = new Map();
function histogram(of) {
  if (!decoded.has(of.hdr_v2)) decoded.set(of.hdr_v2, hdr.decodeFromCompressedBase64(of.hdr_v2, 64, false));
  return decoded.get(of.hdr_v2);
}

/** The value that a share `p` does not exceed; nothing where fewer than 10 / (1 - p) support it. */
export function percentile(hists, p, support = hists.reduce((sum, hist) => sum + hist.count, 0)) {
  const filled = hists.filter((hist) => hist.count > 0);
  if (filled.length === 0 || support * (1 - p) < 10 * (1 - 1e-9)) return undefined;
  const sum = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 3.6e12, numberOfSignificantValueDigits: 3 });
  filled.forEach((hist) => sum.add(histogram(hist)));
  return sum.getValueAtPercentile(100 * p);
}

const total = (all, of) => all.reduce((sum, one) => sum + of(one), 0);
const over = (a, b) => (b > 0 ? a / b : undefined);
const overhead = (flow) => flow.framing + flow.headers + (flow.control ?? 0) + flow.tls;
const above = (flow) => overhead(flow) + flow.payload;
const wire = (flow) => above(flow) + flow.tcp_ip;
const both = (all, of) => total(all, (m) => of(m.tally.traffic.window.up) + of(m.tally.traffic.window.down));
const window = (all) => total(all, (m) => m.window_s);
const received = (all) => total(all, (m) => m.tally.counts.received);
const clients = (all) => all[0].trial.clients;
const times = (name, p) => (all) => percentile(all.map((m) => m.tally[name]), p);
const timed = (name) => ({
  p50: times(name, 0.5), p90: times(name, 0.9), p95: times(name, 0.95), p99: times(name, 0.99), "p99.9": times(name, 0.999),
  max: largest(name),
});

const largest = (name) => (all) => {
  const filled = all.map((m) => m.tally[name]).filter((hist) => hist.count > 0);
  return filled.length > 0 ? Math.max(...filled.map((hist) => histogram(hist).maxValue)) : undefined;
};

function memory(all) {
  if (!all[0].target) return undefined;
  const grown = total(all, (m) => m.target.memory - m.target.memory_before);
  const of = Math.max(total(all, (m) => m.tally.counts.clients), clients(all));
  return grown < 0 ? undefined : over(grown, of);
}

const perSecond = (all) => over(received(all), window(all));
const perMessage = (all) => over(both(all, above), received(all));
const each = (of) => (all) => over(both(all, of), received(all));
const delivered = (flow) => flow.payload + (flow.saved ?? 0);
const overTwo = (of) => (all) => (Object.values(all[0].trial.transport)[0].access?.http === "2" ? each(of)(all) : undefined);
const COLUMNS = {
  overhead: { "bit/s": (all) => over(8 * both(all, overhead), window(all)) },
  "bytes/message": { mean: perMessage },
  "bytes per": { connection: perMessage },
  "payload per message": { delivered: each(delivered), "on wire": each((flow) => flow.payload) },
  "heads per message": {
    "HTTP/2": overTwo((flow) => flow.field_blocks ?? 0), "as HTTP/1.1": overTwo((flow) => flow.field_blocks_as_http_1 ?? 0),
  },
  "control frames": { "per message": overTwo((flow) => flow.control ?? 0) },
  "delivery latency": timed("latency"),
  "round trip": timed("latency"),
  "scheduled to usable": timed("latency"),
  response: timed("response"),
  "between messages": timed("gap"),
  server: {
    CPU: (all) => all[0].target && over(total(all, (m) => m.target.user_s + m.target.system_s), total(all, (m) => m.target.over_s)),
    "mem/client": memory,
  },
  connections: { "per second": perSecond },
  received: { "per second": perSecond },
  "bytes/s": { "per client": (all) => over(both(all, above), window(all) * clients(all)) },
  "bytes/s per client": {
    "above TCP": (all) => over(both(all, above), window(all) * clients(all)),
    "on the wire": (all) => over(both(all, wire), window(all) * clients(all)),
  },
  "wire traffic, bit/s": {
    total: (all) => over(8 * both(all, wire), window(all)),
    down: (all) => over(8 * total(all, (m) => wire(m.tally.traffic.window.down)), window(all)),
    "per client": (all) => over(8 * both(all, wire), window(all) * clients(all)),
  },
  "age of displayed value": {
    mean: (all) => over(total(all, (m) => Number(m.tally.age?.doubled ?? 0)) / 2000, total(all, (m) => m.tally.age?.shown_us ?? 0)),
    p99: (all) => percentile(all.flatMap((m) => m.tally.age?.time ?? []), 0.99, total(all, (m) => m.tally.age?.values ?? 0)),
  },
};

/** The value of a column (group, head) of one row, which is all repeats of a cell. */
export function value(group, head, all) {
  const of = COLUMNS[group]?.[head];
  if (!of) throw new Error(`no such column: ${group} / ${head}`);
  const found = of(all);
  return Number.isFinite(found) ? found : undefined;
}

const loadName = (m) => (typeof m.trial.load === "string" ? m.trial.load : Object.keys(m.trial.load)[0]);
const way = (m) => JSON.stringify([m.trial.transport, m.trial.target]);

/** The blocks of rows that the page shows, in its order: load by load, by clients; each row with its run and repeats. */
export function blocks(reports) {
  const rows = [];
  reports.forEach((report, run) => {
    if (report.capacity?.length) return;
    const sorted = [...report.measurements].sort((a, b) => a.trial.clients - b.trial.clients || a.trial.number - b.trial.number);
    for (const m of sorted) {
      const same = (row) => row.run === run && row.load === loadName(m) && row.clients === m.trial.clients && row.way === way(m);
      const row = rows.find(same);
      if (row) row.all.push(m);
      else rows.push({ run, load: loadName(m), clients: m.trial.clients, way: way(m), number: m.trial.number, all: [m] });
    }
  });
  const ways = [...new Set(rows.map((row) => row.way))];
  const blocks = new Map();
  for (const load of [...new Set(rows.map((row) => row.load))].sort()) {
    const sizes = [...new Set(rows.filter((row) => row.load === load).map((row) => row.clients))].sort((a, b) => a - b);
    for (const size of sizes) {
      const of = rows.filter((row) => row.load === load && row.clients === size);
      blocks.set(`${load} ${size}`, of.sort((a, b) => ways.indexOf(a.way) - ways.indexOf(b.way) || a.run - b.run));
    }
  }
  return [...blocks.values()];
}

/** How many tables the rows of a block have: what has latencies has one more. */
export function tablesOf(block) {
  const timed = !["idle", "listen"].includes(block[0].load) && block.some((row) => largest("latency")(row.all));
  const two = block.some((row) => COLUMNS["control frames"]["per message"](row.all) !== undefined);
  return 2 + timed + two;
}

/** The row of its run to which the others' ratios are. */
export function base(block, run) {
  return block.filter((row) => row.run === run).sort((a, b) => a.number - b.number)[0];
}
