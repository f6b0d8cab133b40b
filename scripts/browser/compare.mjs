// Compares an exchange of a browser with the same of wsbench: what is said, in which order, in how many bytes. A difference that
// docs/todays-web.md explains has a name; it must be exactly as large as its explanation says.

/** What is another each time, as long in text and not in Huffman's code. */
const RANDOM = ["date", "last-event-id", "sec-websocket-key", "sec-websocket-accept"];
const random = ({ name }) => RANDOM.includes(name.toLowerCase());
/** A path ends in a cursor, which is where each of them happens to be. */
const CURSOR = /\d{10}(?= |$)/;
const placed = ({ name, value }) => (["", ":path"].includes(name) ? value.replace(CURSOR, "") : undefined);
/** What names a browser's version. */
const VERSIONED = ["user-agent", "sec-ch-ua"];
const version = (list) => list.find(({ name }) => name.toLowerCase() === "user-agent")?.value.match(/Chrome\/(\d+)/)?.[1];

/** Fields of one head; what is there of bytes without a fault goes into `allowed`. */
function fields(part, theirs, ours, { shared, differences, allowed }) {
  const names = (list) => list.map(({ name, value }) => name || value.split(" ")[0]).join(", ");
  if (names(theirs) !== names(ours)) {
    return differences.push({ part, what: `${part}: ${names(theirs)} | ${names(ours)}` });
  }
  theirs.forEach((one, nth) => {
    const other = ours[nth];
    const what = `${part}: ${one.name}: ${one.value} (${one.bytes} bytes) | ${other.value} (${other.bytes} bytes)`;
    const more = one.bytes - other.bytes;
    // The length of such values must be the same, not the values.
    if ((random(one) && one.value.length === other.value.length) || (placed(one) !== undefined && placed(one) === placed(other))) {
      allowed[part] += more;
    } else if (one.value !== other.value) {
      const known = VERSIONED.includes(one.name.toLowerCase()) && version(theirs) !== version(ours);
      differences.push({ part, what, name: known ? "version" : undefined, more });
    } else if (more !== 0) {
      const known = shared && one.how === "indexed" && other.how === "kept";
      differences.push({ part, what, name: known ? "one-connection" : undefined, more });
    }
  });
}

const sum = (pieces) => pieces.reduce((bytes, piece) => bytes + piece.bytes, 0);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** What an exchange weighs: up and down, of a stream its head and one message. */
export function weights({ up, down }, streams) {
  const each = streams ? median(down.body.map((piece) => piece.bytes)) : sum(down.body) + (down.end ?? 0);
  return { up: up.head + sum(up.body), head: down.head, body: each, down: streams ? undefined : down.head + each };
}

/** What a connection begins with: the first record of TLS, and the frames of HTTP/2 before the second request. */
export function opening(connection) {
  const { up } = connection.records;
  const control = connection.exchanges().control ?? [];
  const [, second] = connection.exchanges().map((one) => one.up.from);
  const frames = control.filter((frame) => frame.from < (second ?? Infinity)).map((frame) => `${frame.name} ${frame.bytes}`);
  return [`ClientHello ${up.first}`, ...frames].join(", ");
}

/** All in which they differ. `streams`: the answer goes on, and its messages are compared one by one. `shared`: the browser asks
 * over a connection that has carried other requests, so that its tables are others. */
export function compare(theirs, ours, { streams, shared }) {
  const differences = [];
  const allowed = { request: 0, answer: 0 };
  fields("request", theirs.request, ours.request, { shared, differences, allowed });
  fields("answer", theirs.answer, ours.answer, { shared, differences, allowed });
  if (theirs.up.tree !== ours.up.tree) {
    const more = (theirs.up.tree.length - ours.up.tree.length) / 2;
    differences.push({ part: "request", what: `request: priority in HEADERS ${theirs.up.tree} | ${ours.up.tree}`, more });
  }
  const said = (part) => differences.reduce((bytes, one) => bytes + (one.part === part ? (one.more ?? 0) : 0), allowed[part]);
  const [there, here] = [weights(theirs, streams), weights(ours, streams)];
  const rest = {
    up: there.up - here.up - said("request"), "head down": there.head - here.head - said("answer"), "message down": there.body - here.body,
  };
  for (const [what, bytes] of Object.entries(rest)) {
    if (bytes !== 0) differences.push({ what: `${what}: ${bytes} bytes more in the browser` });
  }
  return differences;
}
