// A run under way in a browser: node live.mjs PROGRAM REPORT.HTML COMMAND.. starts the command with --live, opens the page, sees
// its counts rise, and compares what the page is in the end with report.html.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { FLAGS } from "./flags.mjs";

const [program, report, ...args] = process.argv.slice(2);
const complaints = [];
const run = spawn(program, [...args, "--live"], { stdio: ["ignore", "ignore", "pipe"] });
const ended = new Promise((done) => run.on("close", done));
const url = await new Promise((found) => {
  let said = "";
  run.stderr.on("data", (data) => {
    said += data;
    const at = said.match(/live: (http:\S+)/);
    if (at) found(at[1]);
  });
});

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1100, height: 1200 } });
const asked = [];
page.on("request", (request) => asked.push(request.url()));
page.on("console", (message) => complaints.push(`console: ${message.text()}`));
page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.blockedURI}`)));
await page.goto(url);

const pulse = () => page.evaluate(() => {
  const place = document.getElementById("live");
  return place && { ...place.dataset, words: place.innerText, header: document.querySelector("main").innerText.slice(0, 200) };
});
const seen = [];
let metrics = "";
const pictures = dirname(report);
for (let over = false; !over; ) {
  const now = await pulse();
  if (now) seen.push(now);
  if (metrics === "" && now?.words.includes("latency so far")) {
    await page.screenshot({ path: join(pictures, "live.png") });
    metrics = await (await fetch(new URL("metrics", url))).text();
  }
  over = now === null;
  await Promise.race([new Promise((next) => setTimeout(next, 400)), ended.then(() => new Promise((next) => setTimeout(next, 1500)))]);
  if (run.exitCode !== null && now !== null && seen.length > 3 && (await pulse()) !== null) {
    complaints.push("the run has ended, and its page has not");
    break;
  }
}
await ended;
writeFileSync(join(pictures, "metrics.txt"), metrics);
await page.screenshot({ path: join(pictures, "live-ended.png"), fullPage: true });

const received = seen.map((one) => Number(one.received ?? 0));
const rises = received.filter((count, n) => n > 0 && count > received[n - 1]).length;
if (rises < 4) complaints.push(`received: ${received}`);
if (!seen.some((one) => Number(one.connected) > 0)) complaints.push("nobody was connected");
if (!seen.some((one) => /latency so far in this window: p50 [\d.]+/.test(one.words))) complaints.push("no percentile so far");
if (!metrics.endsWith("# EOF\n")) complaints.push(`metrics: ${metrics}`);
const strange = asked.filter((one) => ![url, new URL("events", url).href].includes(one) && !one.startsWith("data:"));
if (strange.length > 0) complaints.push(`requests: ${strange}`);

// The same as report.html, opened by itself.
const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(readFileSync(report)));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const other = await browser.newPage({ viewport: { width: 1100, height: 1200 } });
await other.goto(`http://127.0.0.1:${server.address().port}/`);
await other.waitForTimeout(500);
// Plots have numbers of the pixels of their own; what was drawn is compared by its data.
const whole = () => {
  const main = document.querySelector("main").cloneNode(true);
  main.querySelectorAll(".plots").forEach((plots) => plots.remove());
  const data = [...document.querySelectorAll("figure.drawn")].map((figure) => figure.plots.map((plot) => plot.data));
  return { title: document.title, main: main.innerHTML, data: JSON.stringify(data), live: document.getElementById("live") !== null };
};
const [here, there] = [await page.evaluate(whole), await other.evaluate(whole)];
for (const part of ["title", "main", "data", "live"]) if (here[part] !== there[part]) complaints.push(`in the end ${part} is not that of report.html`);
await browser.close();
server.close();
complaints.forEach((line) => console.error(line));
console.log(`live: ${seen.length} looks, ${rises} rises, up to ${Math.max(...received)} messages; ${here.data.length} bytes of curves; ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);
