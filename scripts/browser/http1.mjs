// What passed over a connection of HTTP/1.1, both directions from their beginnings: exchanges, with the bytes of each part.

/** The head at the front of `bytes`, if it is whole. A field of no name is the first line. */
function head(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const lines = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const fields = lines.map((line, nth) => {
    const colon = nth === 0 ? 0 : line.indexOf(":");
    return { name: line.slice(0, colon), value: line.slice(nth === 0 ? 0 : colon + 1).trim(), bytes: line.length + 2 };
  });
  return { fields, bytes: end + 4 };
}

const field = (fields, name) => fields.find((one) => one.name.toLowerCase() === name)?.value;

/** A body's pieces: bytes on the wire, and what they carry. `taken`: all of what is there of it. */
function body(bytes, fields, none) {
  if (none) return { pieces: [], taken: 0, whole: true };
  const length = field(fields, "content-length");
  if (length !== undefined) {
    const data = bytes.subarray(0, Number(length));
    const pieces = data.length > 0 ? [{ bytes: data.length, data }] : [];
    return { pieces, taken: data.length, whole: data.length === Number(length) };
  }
  const pieces = [];
  let taken = 0;
  for (;;) {
    const line = bytes.indexOf("\r\n", taken);
    if (line < 0) return { pieces, taken, whole: false };
    const size = parseInt(bytes.subarray(taken, line).toString("latin1"), 16);
    const end = line + 2 + size + 2;
    if (bytes.length < end) return { pieces, taken, whole: false };
    if (size === 0) return { pieces, taken: end, whole: true };
    pieces.push({ bytes: end - taken, data: bytes.subarray(line + 2, line + 2 + size) });
    taken = end;
  }
}

/** Frames of a server, which are not masked (RFC 6455 §5.2). */
export function frames(bytes) {
  const pieces = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1] & 0x7f;
    const from = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (from > bytes.length) break;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
    if (from + length > bytes.length) break;
    if ((bytes[at] & 0x0f) < 8) pieces.push({ bytes: from + length - at, data: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return pieces;
}

/** Exchanges in their order; the last one may be under way. */
export function exchanges({ up, down }) {
  const all = [];
  for (let asked = 0, answered = 0; ; ) {
    const request = head(up.subarray(asked));
    if (!request) return all;
    const sent = body(up.subarray(asked + request.bytes), request.fields, field(request.fields, "content-length") === undefined);
    const from = asked;
    asked += request.bytes + sent.taken;
    const one = {
      request: request.fields, path: request.fields[0].value.split(" ")[1],
      up: { head: request.bytes, body: sent.pieces, from, to: asked }, answer: [], down: undefined, whole: false,
    };
    all.push(one);
    const answer = head(down.subarray(answered));
    if (!answer) return all;
    const status = answer.fields[0].value.split(" ")[1];
    const rest = down.subarray(answered + answer.bytes);
    const upgraded = status === "101";
    const came = upgraded ? { pieces: frames(rest), taken: rest.length, whole: false } : body(rest, answer.fields, status === "204");
    const begin = answered;
    answered += answer.bytes + came.taken;
    Object.assign(one, {
      answer: answer.fields, status, whole: came.whole,
      down: { head: answer.bytes, body: came.pieces, from: begin, to: answered },
    });
    if (!came.whole) return all;
  }
}
