// report.html as a browser has it: node browse.mjs FOLDER, where each folder below holds a report.html and its results.
// Looks for requests, errors on the console, refusals by the policy; compares every number with results.json; zooms, sorts,
// goes by keyboard, without script, on a narrow screen, onto paper; and leaves pictures to be looked at.
import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import * as arms from "./arms.mjs";
import { FLAGS } from "./flags.mjs";
import { compare, onPage } from "./tables.mjs";
import { blocks, percentile } from "./numbers.mjs";

const folder = process.argv[2];
const pictures = join(folder, "pictures");
mkdirSync(pictures, { recursive: true });
const complaints = [];
const complain = (name, what) => complaints.push(`${name}: ${what}`);

/** Serves one page, and remembers whatever else is asked for. */
async function served(file, name) {
  const server = createServer((request, answer) => {
    if (request.url !== "/report.html") complain(name, `asks the server for ${request.url}`);
    answer.setHeader("content-type", "text/html");
    answer.end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}/report.html`, end: () => server.close() };
}

/** Every way in which a page could say or do what it must not. */
async function watched(browser, name, url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("request", (request) => request.url() === url || request.url().startsWith("data:,") || complain(name, `requests ${request.url()}`));
  page.on("console", (message) => complain(name, `console: ${message.text()}`));
  page.on("pageerror", (error) => complain(name, `error: ${error.message}`));
  page.on("dialog", (dialog) => (complain(name, `dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("popup", () => complain(name, "opens a window"));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  await page.waitForTimeout(150);
  return page;
}

async function plots(page, name, reports) {
  const found = await page.evaluate(() => [...document.querySelectorAll("figure.drawn")].flatMap((figure) =>
    figure.plots.map((plot) => ({
      stem: figure.dataset.stem,
      title: plot.root.parentNode.getAttribute("aria-label"),
      lines: plot.series.slice(1).map((series, n) => ({
        name: series.label,
        points: plot.data[0].map((x, i) => [x, plot.data[n + 1][i]]).filter(([, y]) => y != null),
      })),
      ink: ink(plot.ctx),
      // Of the title that stands upright, and of what it has room in.
      title_room: [upright(plot), plot.height],
    }))));
  const stems = new Set(found.map((plot) => plot.stem));
  const drawn = await page.evaluate(() => [...document.querySelectorAll("figure[data-stem]")].map((figure) => figure.dataset.stem));
  for (const stem of ["latency", "timeline"]) {
    if (drawn.includes(stem) !== stems.has(stem)) complain(name, `${stem}: a drawing without its plots`);
  }
  for (const plot of found) {
    if (plot.title_room[0] > plot.title_room[1]) complain(name, `${plot.title}: its axis has a title of ${plot.title_room} pixels`);
    // Of a line with one point there is that point.
    const least = Math.min(200, 20 * plot.lines.reduce((sum, line) => sum + line.points.length, 0));
    if (plot.ink < least) complain(name, `${plot.title}: ${plot.ink} coloured pixels`);
    if (plot.lines.length === 0) complain(name, `${plot.title}: no series`);
    for (const line of plot.lines) if (line.points.length === 0) complain(name, `${plot.title}: ${line.name} has no point`);
  }
  latencies(name, found.find((plot) => plot.stem === "latency"), reports);
  return found;
}

/** Each point of a latency curve is a percentile of one of the histograms. */
function latencies(name, plot, reports) {
  if (!plot) return;
  // Of a search, each try by itself.
  const tries = reports.filter((report) => report.capacity?.length).flatMap((report) => report.measurements.map((m) => [m]));
  const cells = [...blocks(reports).flat().map((row) => row.all), ...tries];
  for (const line of plot.lines) {
    const chosen = [line.points[0], line.points[line.points.length >> 1], line.points.at(-1)];
    const is = (group, of) => chosen.every(([x, y]) => {
      // At a step of the histogram the last digit of x decides.
      const near = (share) => percentile(group.map((m) => m.tally[of]), 1 - share / x, Infinity);
      const [least, most] = [near(1 + 1e-6), near(1 - 1e-6)];
      return least !== undefined && y >= 0.998 * least && y <= 1.002 * most;
    });
    const known = cells.some((group) => ["latency", "response", "gap"].some((of) => is(group, of)));
    if (!known) complain(name, `latency of ${line.name}: ${JSON.stringify(chosen)} is in no histogram`);
  }
}

const range = (page, stem) => page.evaluate((stem) =>
  document.querySelector(`figure[data-stem=${stem}]`).plots.map((plot) => [plot.scales.x.min, plot.scales.x.max, plot.cursor.idx]), stem);

async function zooms(page, name, stem) {
  const whole = await range(page, stem);
  const same = (ranges) => ranges.every((r) => Math.abs(r[0] - ranges[0][0]) < 1e-9 && Math.abs(r[1] - ranges[0][1]) < 1e-9);
  const smaller = (ranges) => ranges[0][1] - ranges[0][0] < 0.8 * (whole[0][1] - whole[0][0]);
  const over = page.locator(`figure[data-stem=${stem}] .u-over`).first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const at = (share) => [box.x + share * box.width, box.y + box.height / 2];
  await page.mouse.move(...at(0.3));
  const joined = await range(page, stem);
  if (new Set(joined.map((r) => r[2])).size !== 1 || joined[0][2] == null) complain(name, `${stem}: crosshairs ${JSON.stringify(joined)}`);
  await page.mouse.down();
  await page.mouse.move(...at(0.6), { steps: 4 });
  await page.mouse.up();
  const dragged = await range(page, stem);
  if (!smaller(dragged) || !same(dragged)) complain(name, `${stem}: dragged from ${whole} to ${dragged}`);
  await page.mouse.dblclick(...at(0.5));
  const back = await range(page, stem);
  if (Math.abs(back[0][1] - whole[0][1]) > 1e-9 * whole[0][1]) complain(name, `${stem}: double-click leaves ${back}`);
  await page.locator(`figure[data-stem=${stem}] .plot`).first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("+");
  const keyed = await range(page, stem);
  if (!smaller(keyed) || !same(keyed)) complain(name, `${stem}: + leaves ${keyed}`);
  await page.keyboard.press("0");
  const reset = await range(page, stem);
  if (Math.abs(reset[0][1] - whole[0][1]) > 1e-9 * whole[0][1] || !same(reset)) complain(name, `${stem}: 0 leaves ${reset}`);
}

async function sorts(page, name) {
  const columns = await page.evaluate(() => {
    const table = document.querySelector("table.sortable");
    if (!table) return [];
    const order = (n) => [...table.tBodies[0].rows].map((row) => row.cells[n].dataset.value).filter((v) => v !== undefined).map(Number);
    return [...table.tHead.rows[1].cells].slice(1, -1).map((head, n) => {
      head.querySelector("button").click();
      const up = order(n + 1);
      head.querySelector("button").click();
      return [head.textContent, up, order(n + 1)];
    });
  });
  for (const [head, up, down] of columns) {
    const ascending = (all) => all.every((v, n) => n === 0 || all[n - 1] <= v);
    if (!ascending(up) || !ascending([...down].reverse())) complain(name, `sorted by ${head}: ${up}; ${down}`);
  }
}

/** Tables that a desktop has no room for; those of hostile names may have to be moved. */
async function wide(page, name) {
  const cut = await page.evaluate(() => [...document.querySelectorAll(".scroll")].filter((div) => div.scrollWidth > div.clientWidth + 1)
    .map((div) => `${div.getAttribute("aria-label")}: ${div.scrollWidth} of ${div.clientWidth}`));
  if (name !== "hostile") cut.forEach((what) => complain(name, `a table is cut: ${what}`));
}

async function narrow(browser, name, url) {
  const page = await watched(browser, name, url, { viewport: { width: 400, height: 800 } });
  const [wide, words] = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector("h1").getBoundingClientRect().right]);
  if (wide > 400 || words > 400) complain(name, `at 400 px it is ${wide} wide`);
  await page.screenshot({ path: join(pictures, `${name}-400.png`), fullPage: true });
  await page.context().close();
}

async function plain(browser, name, url) {
  const page = await watched(browser, name, url, { javaScriptEnabled: false });
  const all = await page.locator("figure .still").count();
  for (let n = 0; n < all; n++) if (!(await page.locator("figure .still svg").nth(n).isVisible())) complain(name, `without script: drawing ${n} is hidden`);
  await page.context().close();
}

async function paper(page, name) {
  await page.emulateMedia({ media: "print" });
  const hidden = await page.evaluate(() => [...document.querySelectorAll("figure svg")].filter((svg) => svg.getBoundingClientRect().height < 50).length);
  if (hidden > 0) complain(name, `on paper ${hidden} drawings are missing`);
  await page.pdf({ path: join(pictures, `${name}.pdf`), format: "A4", printBackground: true });
  await page.emulateMedia({ media: "screen" });
}

/** The numbers of the page, against what lies beside it: of a comparison or a trend the same in JSON, else results. */
async function numbers(page, name, reports) {
  const told = ["comparison.json", "trend.json"].map((file) => join(folder, name, file)).find(existsSync);
  const found = told && reports.length === 0
    ? arms.compare(await page.evaluate(arms.onPage), JSON.parse(readFileSync(told)))
    : compare(await page.evaluate(onPage), reports);
  found.complaints.forEach((what) => complain(name, what));
  return found.compared;
}

async function looked(browser, name) {
  const files = readdirSync(join(folder, name)).filter((file) => /^results(-\d+)?\.json$/.test(file)).sort();
  const reports = files.map((file) => JSON.parse(readFileSync(join(folder, name, file))));
  const { url, end } = await served(join(folder, name, "report.html"), name);
  const page = await watched(browser, name, url, { viewport: { width: 1100, height: 900 } });
  const compared = await numbers(page, name, reports);
  await page.evaluate(() => {
    window.upright = (plot) => {
      const [axis, ctx] = [plot.axes[1], document.createElement("canvas").getContext("2d")];
      ctx.font = "13px system-ui, sans-serif";
      return axis.label ? Math.round(ctx.measureText(axis.label).width) : 0;
    };
    window.ink = (ctx) => {
      const { data } = ctx.getImageData(0, 0, ctx.canvas.width, ctx.canvas.height);
      let coloured = 0;
      for (let n = 0; n < data.length; n += 4) coloured += Math.max(data[n], data[n + 1], data[n + 2]) - Math.min(data[n], data[n + 1], data[n + 2]) > 40 && data[n + 3] > 100;
      return coloured;
    };
  });
  await wide(page, name);
  const drawn = await plots(page, name, reports);
  await page.screenshot({ path: join(pictures, `${name}-light.png`), fullPage: true });
  // Into one moment nobody zooms.
  const moments = (plot) => plot.lines.flatMap((line) => line.points.map(([x]) => x));
  const long = drawn.filter((plot) => Math.max(...moments(plot)) > 1.01 * Math.min(...moments(plot)));
  for (const stem of new Set(long.map((plot) => plot.stem))) await zooms(page, name, stem);
  await sorts(page, name);
  await paper(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: join(pictures, `${name}-dark.png`), fullPage: true });
  await page.context().close();
  await narrow(browser, name, url);
  await plain(browser, name, url);
  end();
  console.log(`${name}: ${compared} numbers, ${drawn.length} plots, ${drawn.flatMap((plot) => plot.lines).length} lines`);
  return { compared, plots: drawn.length };
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "pictures").map((entry) => entry.name);
const sums = { compared: 0, plots: 0 };
for (const name of names) {
  const { compared, plots } = await looked(browser, name);
  sums.compared += compared;
  sums.plots += plots;
}
await browser.close();
writeFileSync(join(folder, "complaints.txt"), complaints.map((line) => line + "\n").join(""));
complaints.forEach((line) => console.error(line));
console.log(`${names.length} pages, ${sums.compared} numbers, ${sums.plots} plots, ${complaints.length} complaints`);
process.exit(complaints.length === 0 && sums.compared > 0 && sums.plots > 0 ? 0 : 1);
