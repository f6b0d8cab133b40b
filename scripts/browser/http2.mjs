// What passed over a connection of HTTP/2, both directions from their beginnings: exchanges, with the bytes of each part, and
// what belongs to none.
import { Decoder } from "./hpack.mjs";
import { frames as websocket } from "./http1.mjs";

const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] = Array(10).keys();
const NAMES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];
const PREFACE = 24;
const HEAD = 9;

function* frames(bytes, at) {
  while (at + HEAD <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    const end = at + HEAD + length;
    if (end > bytes.length) return;
    yield { type: bytes[at + 3], flags: bytes[at + 4], stream: bytes.readUInt32BE(at + 5) & 0x7fffffff, payload: bytes.subarray(at + HEAD, end), from: at, to: end };
    at = end;
  }
}

/** What a frame carries besides padding and, of HEADERS, the place in the tree of RFC 7540 §5.3. */
function content({ type, flags, payload }) {
  const padded = flags & 0x8 ? 1 + payload[0] : 0;
  const weighed = type === HEADERS && flags & 0x20 ? 5 : 0;
  const from = (padded > 0 ? 1 : 0) + weighed;
  return { data: payload.subarray(from, payload.length - (padded > 0 ? padded - 1 : 0)), tree: payload.subarray(from - weighed, from).toString("hex") };
}

/** Messages of one direction by stream, and the frames of none. */
function direction(bytes, preface) {
  const decoder = new Decoder();
  const streams = new Map();
  const control = preface > 0 ? [{ name: "preface", bytes: preface, from: 0 }] : [];
  let open;
  for (const frame of frames(bytes, preface)) {
    const size = frame.to - frame.from;
    if (![DATA, HEADERS, CONTINUATION].includes(frame.type)) {
      control.push({ name: `${NAMES[frame.type] ?? frame.type}${frame.flags & 1 && frame.type !== RST ? " ACK" : ""}`, bytes: size, from: frame.from });
      continue;
    }
    const message = streams.get(frame.stream) ?? { head: 0, tree: "", fields: undefined, body: [], from: frame.from, ended: false };
    streams.set(frame.stream, message);
    const { data, tree } = content(frame);
    message.to = frame.to;
    message.ended ||= (frame.flags & 1) !== 0 && frame.type !== CONTINUATION;
    if (frame.type === DATA) {
      if (size > HEAD) message.body.push({ bytes: size, data });
      else message.empty = size;
      continue;
    }
    message.head += size;
    message.tree += tree;
    open = frame.type === HEADERS ? data : Buffer.concat([open, data]);
    if (frame.flags & 0x4) message.fields ??= decoder.decode(open);
  }
  return { streams, control };
}

export function exchanges({ up, down }) {
  if (up.length < PREFACE) return Object.assign([], { control: [] });
  const [asked, answered] = [direction(up, PREFACE), direction(down, 0)];
  const all = [...asked.streams].filter(([, request]) => request.fields).map(([stream, request]) => {
    const answer = answered.streams.get(stream);
    const tunnel = request.fields.some((field) => field.name === ":protocol");
    const status = answer?.fields?.find((field) => field.name === ":status")?.value;
    // Frames of a WebSocket: of a message in one DATA, the head of that besides.
    const body = tunnel && answer ? answer.body.flatMap((piece) => framed(piece)) : answer?.body;
    return {
      request: request.fields, path: request.fields.find((field) => field.name === ":path")?.value,
      up: { head: request.head, tree: request.tree, body: request.body, from: request.from, to: request.to },
      answer: answer?.fields ?? [], status, whole: answer?.ended ?? false,
      down: answer && { head: answer.head, body, end: answer.empty ?? 0, from: answer.from, to: answer.to },
    };
  });
  return Object.assign(all, { control: asked.control });
}

function framed(piece) {
  const inside = websocket(piece.data);
  return inside.length === 1 ? [{ bytes: piece.bytes, data: inside[0].data }] : inside;
}
