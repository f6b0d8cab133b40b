// Compares an exchange of a browser with the same of wsbench: what is said, in which order, in how many bytes. A difference that
// docs/todays-web.md explains has a name; it must be exactly as large as its explanation says.

/** What is another each time, as long in text and not in Huffman's code. */
const RANDOM = ["date", "last-event-id", "sec-websocket-key", "sec-websocket-accept"];
const random = ({ name }) => RANDOM.includes(name.toLowerCase());
/** What names a browser's version. */
const VERSIONED = ["user-agent", "sec-ch-ua"];
const version = (list) => list.find(({ name }) => name.toLowerCase() === "user-agent")?.value.match(/Chrome\/(\d+)/)?.[1];

function fields(part, theirs, ours, differences) {
  const names = (list) => list.map(({ name, value }) => name || value.split(" ")[0]).join(", ");
  if (names(theirs) !== names(ours)) {
    return differences.push({ what: `${part}: ${names(theirs)} | ${names(ours)}` });
  }
  theirs.forEach((one, nth) => {
    const other = ours[nth];
    const said = `${part}: ${one.name}: ${one.value} (${one.bytes} bytes) | ${other.value} (${other.bytes} bytes)`;
    const more = one.bytes - other.bytes;
    if (random(one)) {
      // The length of the values must be the same, not the values.
      if (one.value.length !== other.value.length) differences.push({ what: said, more });
      else differences.random[part] += more;
    } else if (one.value !== other.value) {
      const known = VERSIONED.includes(one.name.toLowerCase()) && version(theirs) !== version(ours);
      differences.push({ what: said, name: known ? "version" : undefined, more });
    } else if (more !== 0) {
      differences.push({ what: said, more });
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
  const differences = Object.assign([], { random: { request: 0, answer: 0 } });
  fields("request", shared ? bare(theirs.request) : theirs.request, shared ? bare(ours.request) : ours.request, differences);
  fields("answer", shared ? bare(theirs.answer) : theirs.answer, shared ? bare(ours.answer) : ours.answer, differences);
  const [there, here] = [weights(theirs, streams), weights(ours, streams)];
  if (theirs.up.tree !== ours.up.tree) {
    differences.push({ what: `request: priority in HEADERS ${theirs.up.tree} | ${ours.up.tree}`, more: (theirs.up.tree.length - ours.up.tree.length) / 2 });
  }
  const said = () => differences.reduce((bytes, one) => bytes + (one.more ?? 0), differences.random.request);
  const rest = there.up - here.up - said();
  if (shared && rest !== 0) {
    differences.push({ what: `request: ${there.up} bytes, over a connection that has carried others | ${here.up}, over its own`, name: "one-connection", more: rest });
  }
  const more = said();
  const unexplained = [["up", there.up - here.up - more], ["head down", there.head - here.head - differences.random.answer], ["message down", there.body - here.body]];
  for (const [what, bytes] of unexplained) {
    // What differs in the head has been said.
    if (bytes !== 0 && !(shared && what === "head down")) differences.push({ what: `${what}: ${bytes} bytes more in the browser` });
  }
  return differences;
}

/** Without bytes, which are another thing where tables are. */
const bare = (list) => list.map((field) => ({ ...field, bytes: 0 }));
