// Stands between clients and a reference target and remembers every byte: TLS is ended here, HTTP goes through as it is. The
// page that a browser opens is answered here too, over a connection of its own.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import * as http1 from "./http1.mjs";
import * as http2 from "./http2.mjs";

/** Of a TLS 1.3 record besides what it carries (RFC 8446 §5.2). */
const RECORD = 22;

export function certificate(folder) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** Lengths of the records in what has passed of TLS, by direction. */
class Records {
  #rest = Buffer.alloc(0);
  all = [];
  first = 0;

  add(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 5 && this.#rest.length >= 5 + this.#rest.readUInt16BE(3)) {
      const length = 5 + this.#rest.readUInt16BE(3);
      this.first ||= length;
      if (this.#rest[0] === 23) this.all.push(length - RECORD);
      this.#rest = this.#rest.subarray(length);
    }
  }

  /** Records of a client that carry the bytes from `from` to `to` of what it has said; the first one ends its handshake. */
  of(from, to) {
    let begin = 0, count = 0;
    for (const length of this.all.slice(1)) {
      if (begin < to && begin + length > from) count++;
      begin += length;
    }
    return count;
  }
}

/** One connection of a client. */
class Recorded {
  up = Buffer.alloc(0);
  down = Buffer.alloc(0);
  page = false;
  records = { up: new Records(), down: new Records() };
  sockets = [];

  constructor(http) {
    this.http = http;
  }

  exchanges() {
    return (this.http === 2 ? http2 : http1).exchanges(this);
  }

  /** How many records of TLS a request took. */
  recordsOf({ up }) {
    return this.records.up.of(up.from, up.to);
  }

  cut() {
    this.sockets.forEach((socket) => socket.destroy());
  }
}

export class Recorder {
  connections = [];
  #page;
  #target;
  #paged = true;

  /** `how`: `{ http, tls }`, the latter a certificate, or nothing. */
  static async listening(how) {
    const recorder = new Recorder();
    recorder.how = how;
    recorder.server = net.createServer({ noDelay: true }, (socket) => recorder.#accept(socket));
    if (how.tls) {
      const options = { ...how.tls, ALPNCallback: ({ protocols }) => recorder.#choose(protocols) };
      recorder.inner = tls.createServer(options, (socket) => recorder.#record(recorder.waiting.get(socket.remotePort), socket));
      recorder.inner.on("tlsClientError", () => {});
      recorder.waiting = new Map();
      await listen(recorder.inner);
    }
    await listen(recorder.server);
    recorder.port = recorder.server.address().port;
    return recorder;
  }

  /** From now on this is what is asked; `page`: a browser comes, which asks for that first. */
  begin(target, page) {
    this.connections.forEach((connection) => connection.cut());
    [this.connections, this.#target, this.#page, this.#paged] = [[], target, page, page === undefined];
  }

  /** Connections that carry what is measured. */
  measured() {
    return this.connections.filter((connection) => !connection.page && connection.up.length > 0);
  }

  end() {
    this.begin(undefined, undefined);
    this.server.close();
    this.inner?.close();
  }

  /** The page goes over HTTP/1.1, so that it leaves no connection behind. */
  #choose(protocols) {
    const wanted = this.how.http === 2 && this.#paged ? "h2" : "http/1.1";
    return protocols.includes(wanted) ? wanted : undefined;
  }

  #accept(socket) {
    const recorded = new Recorded(this.how.http);
    recorded.sockets.push(socket);
    socket.on("error", () => recorded.cut());
    this.connections.push(recorded);
    if (!this.how.tls) return this.#record(recorded, socket);
    const inner = net.connect(this.inner.address().port, "127.0.0.1");
    recorded.sockets.push(inner);
    inner.on("error", () => recorded.cut());
    inner.setNoDelay(true);
    inner.on("connect", () => {
      this.waiting.set(inner.localPort, recorded);
      pass(socket, inner, (bytes) => recorded.records.up.add(bytes));
      pass(inner, socket, (bytes) => recorded.records.down.add(bytes));
    });
  }

  #record(recorded, socket) {
    recorded.sockets.push(socket);
    socket.on("error", () => recorded.cut());
    const paged = this.#paged;
    socket.once("data", (first) => {
      if (!paged && first.toString("latin1").startsWith("GET / ")) return this.#answer(recorded, socket);
      // It was agreed on for the page, and the page is there.
      if (this.how.http === 2 && socket.alpnProtocol === "http/1.1") return recorded.cut();
      const target = net.connect(this.#target, "127.0.0.1");
      recorded.sockets.push(target);
      target.setNoDelay(true);
      target.on("error", () => recorded.cut());
      recorded.up = first;
      target.write(first);
      pass(socket, target, (bytes) => (recorded.up = Buffer.concat([recorded.up, bytes])));
      pass(target, socket, (bytes) => (recorded.down = Buffer.concat([recorded.down, bytes])));
    });
  }

  #answer(recorded, socket) {
    recorded.page = true;
    const body = Buffer.from(this.#page);
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    // Others that were opened beside it have agreed on HTTP/1.1, too.
    if (this.how.http === 2) this.connections.filter((other) => other !== recorded).forEach((other) => other.cut());
    this.#paged = true;
  }
}

function pass(from, to, look) {
  from.on("data", (bytes) => {
    look(bytes);
    to.write(bytes);
  });
  from.on("end", () => to.end());
  from.on("close", () => to.destroy());
}

const listen = (server) => new Promise((ready) => server.listen(0, "127.0.0.1", ready));
