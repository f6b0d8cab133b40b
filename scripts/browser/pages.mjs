// What a page does by each of a browser's own means, as little as can be.

const PAUSE = 100;
const ROUTES = { polling: "poll", "long-polling": "wait", streaming: "line", sse: "feed", websocket: "push", post: "send" };
/** Path of a transport's route, without a cursor. */
export const route = (name) => `/${ROUTES[name]}/`;

const SCRIPTS = {
  polling: `for (;;) {
    await (await fetch(path(0))).text();
    await pause();
  }`,
  "long-polling": `for (let cursor = 0; ; ) cursor += (await (await fetch(path(cursor))).text()).split("\\n").length - 1;`,
  streaming: `const reader = (await fetch(path(0))).body.getReader();
  while (!(await reader.read()).done);`,
  sse: `globalThis.kept = new EventSource(path(0));`,
  // Over HTTP/2 a WebSocket is a stream of a connection that is there: else it would open one of HTTP/1.1.
  websocket: `if (HTTP === 2) await fetch(path(0));
  globalThis.kept = new WebSocket(location.origin.replace("http", "ws") + path(0));`,
  post: `for (;;) {
    await (await fetch(path(0), { method: "POST", body: BODY })).text();
    await pause();
  }`,
};

/** The page that receives by this version of HTTP, or posts `body`. */
export function page(name, body, http) {
  return `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><script type="module">
  const HTTP = ${http};
  const BODY = ${JSON.stringify(body ?? "")};
  const path = (cursor) => "${route(name)}0000000000/" + String(cursor).padStart(10, "0");
  const pause = () => new Promise((next) => setTimeout(next, ${PAUSE}));
  ${SCRIPTS[name]}
  </script>`;
}
