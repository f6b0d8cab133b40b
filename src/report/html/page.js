"use strict";
// What report.html does beyond lying there: tables are sorted, curves can be zoomed into. It draws numbers that the page
// carries, and computes none. Without it everything is there all the same.
(function () {
  // ---- numbers, as the report writes them: three digits and the prefix that keeps them ----

  const SCALES = {
    ns: [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
    s: [[60, "min"], [1, "s"], [1e-3, "ms"]],
    "1/s": [[1e9, "G/s"], [1e6, "M/s"], [1e3, "k/s"], [1, "/s"]],
  };

  function digits(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 999.5) return Math.round(value).toLocaleString("en-US");
    if (Math.abs(value - Math.round(value)) < 1e-9) return String(Math.round(value));
    const decimals = Math.max(0, 2 - Math.floor(Math.log10(size * 1.0005)));
    return value.toFixed(Math.min(decimals, 9));
  }

  /** Of an axis: round values need no zeros behind the point. */
  function tick(unit, value) {
    return show(unit, value).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
  }

  function show(unit, value) {
    if (value == null) return "-";
    if (unit === "rarity") return percentile(value);
    const scales = SCALES[unit] || [[1, unit]];
    const [factor, suffix] = scales.find(([least]) => Math.abs(value) >= 0.9995 * least) || scales[scales.length - 1];
    return digits(value / factor) + (suffix.startsWith("/") ? "" : " ") + suffix;
  }

  /** `p99.98` for 1/(1-p) = 6,000: as many digits as tell it from 100 %, never rounded up. */
  function percentile(rarity) {
    const step = Math.pow(10, Math.max(0, Math.floor(Math.log10(rarity * (1 + 1e-9))) - 1));
    return "p" + Math.floor((1 - 1 / rarity) * 100 * step + 1e-6) / step;
  }

  // ---- tables ----

  function sortable(table) {
    const heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    for (let column = 0; column < heads.length; column++) {
      const head = heads[column];
      if (head.textContent === "" && column > 0) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent || "transport";
      button.title = "sort by " + button.textContent;
      button.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(button);
    }
  }

  function sort(table, head, column) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    body.append(...Array.from(body.rows).sort((a, b) => compare(a.cells[column], b.cells[column], up)));
  }

  /** Nothing measured comes last, whichever way. */
  function compare(a, b, up) {
    const [x, y] = [a.dataset.value, b.dataset.value];
    if (x === undefined && y === undefined) return (up ? 1 : -1) * a.textContent.localeCompare(b.textContent);
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
    return (up ? 1 : -1) * (x - y);
  }

  // ---- curves ----

  /** Round values between two others: 1, 2 and 5 of each decade. */
  function decades(least, most) {
    const all = [];
    const parts = most / least > 1e4 ? [1] : [1, 2, 5];
    for (let decade = Math.pow(10, Math.floor(Math.log10(least))); decade <= most; decade *= 10) {
      all.push(...parts.map((part) => part * decade).filter((v) => v >= least && v <= most));
    }
    return all.length > 1 ? all : evenly(least, most);
  }

  function evenly(least, most) {
    const rough = (most - least) / 5 || 1;
    const decade = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map((part) => part * decade).find((step) => step >= rough);
    const all = [];
    for (let n = Math.ceil(least / step); n * step <= most; n++) all.push(n * step);
    return all;
  }

  /** Upright a title needs the height that a narrow plot has not, and the plot's own title says it too. */
  function titled(of, upright, wide) {
    if (!upright) return of.title;
    const fits = (title) => title.length * 6.8 < high(wide) - 34;
    return wide < 500 ? undefined : [of.title, of.title.split(", ")[0]].find(fits);
  }

  const high = (wide) => Math.max(220, Math.min(340, wide * 0.5));

  function axis(of, side, wide) {
    const upright = side === 3;
    return {
      side,
      label: titled(of, upright, wide),
      labelSize: 22,
      labelFont: "13px system-ui, sans-serif",
      font: "12px system-ui, sans-serif",
      stroke: "#333",
      size: upright ? 74 : 34,
      grid: { stroke: "#e4e4e4", width: 1 },
      ticks: { stroke: "#8a8a8a", width: 1 },
      filter: (_, values) => values,
      splits: (_, __, least, most) => {
        const named = of.names.map(([value]) => value).filter((v) => v >= least && v <= most);
        return named.length > 1 ? named : of.log ? decades(least, most) : evenly(least, most);
      },
      values: (_, values) => values.map((v) => (of.names.find(([value]) => value === v) || [0, tick(of.unit, v)])[1]),
    };
  }

  function curve(line, unit) {
    return {
      label: line.name,
      stroke: line.ink,
      width: 2,
      dash: line.dash.map((length) => length / 2),
      spanGaps: true,
      // One point is all there is to see.
      points: { show: line.x.length < 40, size: line.x.length > 1 ? 5 : 9, fill: line.ink },
      // Without the pointer there is nothing to read off.
      value: (_, value) => (value == null ? "" : show(unit, value)),
    };
  }

  function scale(of) {
    // Without any value there are no ends.
    if (!of.log) return { time: false, range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] };
    return { time: false, distr: 3, range: (_, least, most) => (least > 0 ? [least / 1.15, most * 1.15] : [1, 1e9]) };
  }

  function options(plot, width) {
    // Points of one moment, but for the last digits, have an axis around them.
    const wide = (least, most) => (plot.x.log ? most > least : most - least > 1e-4 * Math.abs(most));
    const around = (least) => (plot.x.log ? [least, least + 1] : [0, 2 * least || 1]);
    const x = { ...scale(plot.x), range: (_, least, most) => (wide(least, most) ? [least, most] : around(least ?? 0)) };
    return {
      width,
      height: high(width),
      scales: { x, y: scale(plot.y) },
      axes: [axis(plot.x, 2, width), axis(plot.y, 3, width)],
      series: [{ label: plot.x.title, value: (_, v) => (v == null ? "" : show(plot.x.unit, v)) }]
        .concat(plot.lines.map((line) => curve(line, plot.y.unit))),
      // Only where the pointer is goes around: ranges are passed on by `joined`.
      cursor: {
        drag: { x: true, y: false },
        focus: { prox: 24 },
        sync: { key: plot.stem, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
      },
      focus: { alpha: 0.35 },
    };
  }

  function draw(plot, into, group) {
    const place = document.createElement("div");
    place.className = "plot";
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", plot.title);
    const title = document.createElement("h3");
    title.textContent = plot.title;
    into.append(title, place);
    const width = () => Math.max(240, place.clientWidth);
    const data = uPlot.join(plot.lines.map((line) => [line.x, line.y]));
    const drawn = new uPlot(options(plot, width()), data, place);
    drawn.root.querySelectorAll(".u-legend th").forEach(byKey);
    new ResizeObserver(() => {
      const size = { width: width(), height: drawn.height };
      if (size.width !== drawn.width) drawn.setSize(size);
    }).observe(place);
    place.addEventListener("keydown", (event) => key(event, drawn, group));
    return drawn;
  }

  /** What is clicked on can be reached by keyboard. */
  function byKey(head) {
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      head.click();
    });
  }

  /** Plots over the same axis show the same part of it. */
  function joined(group, whole) {
    let passing = false;
    const pass = (from, scale) => {
      if (scale !== "x" || passing) return;
      passing = true;
      const { min, max } = from.scales.x;
      group.filter((plot) => plot !== from).forEach((plot) => plot.setScale("x", { min, max }));
      passing = false;
      const least = Math.min(...group.map((plot) => plot.data[0][0]));
      const most = Math.max(...group.map((plot) => plot.data[0][plot.data[0].length - 1]));
      whole.hidden = min <= least && max >= most;
    };
    group.forEach((plot) => (plot.hooks.setScale = [pass]));
  }

  function reset(group) {
    const least = Math.min(...group.map((plot) => plot.data[0][0]));
    const most = Math.max(...group.map((plot) => plot.data[0][plot.data[0].length - 1]));
    group[0].setScale("x", { min: least, max: most });
  }

  /** Arrows move the crosshair, + and - zoom about it, 0 shows all. */
  function key(event, plot, group) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const zoom = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (step) move(plot, group, step * (event.shiftKey ? 10 : 1));
    else if (zoom) zoomed(plot, zoom);
    else if (event.key === "0" || event.key === "Escape") reset(group);
    else return;
    event.preventDefault();
  }

  function move(plot, group, by) {
    const xs = plot.data[0];
    const at = plot.cursor.idx == null ? 0 : plot.cursor.idx + by;
    const x = xs[Math.max(0, Math.min(xs.length - 1, at))];
    for (const each of group) each.setCursor({ left: each.valToPos(x, "x"), top: each.over.clientHeight / 2 });
  }

  function zoomed(plot, factor) {
    const [xs, left] = [plot.data[0], plot.cursor.left];
    const middle = left >= 0 ? left : plot.over.clientWidth / 2;
    const wide = (plot.over.clientWidth * factor) / 2;
    const min = Math.max(xs[0], plot.posToVal(middle - wide, "x"));
    const max = Math.min(xs[xs.length - 1], plot.posToVal(middle + wide, "x"));
    if (max > min) plot.setScale("x", { min, max });
  }

  function button(text, click) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.hidden = true;
    made.addEventListener("click", click);
    return made;
  }

  /** The plots of a chart in place of its drawing, which is still there to be printed, and to be opened. */
  function figure(place, plots) {
    const into = place.querySelector(".plots");
    const group = [];
    const whole = button("show all", () => reset(group));
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Drag to zoom, double-click for all. By keyboard: arrows, + and -, 0. Click on a name to hide its line. ";
    hint.append(whole);
    into.append(hint);
    plots.forEach((plot) => group.push(draw(plot, into, group)));
    joined(group, whole);
    place.classList.add("drawn");
    place.plots = group;
  }

  function start() {
    document.querySelectorAll("table.sortable").forEach(sortable);
    const plots = JSON.parse(document.getElementById("plots").textContent);
    for (const place of document.querySelectorAll("figure[data-stem]")) {
      const own = plots.filter((plot) => plot.stem === place.dataset.stem);
      if (own.length > 0) figure(place, own);
    }
  }

  // ---- a run under way: news come as events, and the last of them is the report ----

  const empty = (title, unit, log, names) => ({
    stem: "live",
    title,
    x: { title: "time since the trial began", unit: "s", log: false, names: [] },
    y: { title, unit, log, names: [] },
    lines: names.map(([name, ink]) => ({ name, ink, dash: [], x: [0], y: [null] })),
  });

  /** The timeline of the trial under way: seconds, rate, median, 99th percentile. */
  function timeline(into) {
    const plots = [
      empty("messages received per second", "1/s", false, [["rate", "#0072B2"]]),
      empty("latency of the last second", "ns", true, [["p99", "#D55E00"], ["median", "#0072B2"]]),
    ];
    const group = [];
    plots.forEach((plot) => group.push(draw(plot, into, group)));
    return (points) => {
      const column = (n) => points.map((point) => point[n]);
      group[0].setData([column(0), column(1)]);
      group[1].setData([column(0), column(3), column(2)]);
    };
  }

  function live(place) {
    const show = timeline(place.querySelector(".plots"));
    const text = (name, words) => (place.querySelector("." + name).textContent = words);
    const source = new EventSource("events");
    const on = (name, hear) => source.addEventListener(name, (event) => hear(JSON.parse(event.data)));
    let [points, trial] = [[], null];
    on("points", (all) => show((points = all)));
    on("pulse", (pulse) => {
      if (trial !== null && pulse.trial !== trial) points = [];
      trial = pulse.trial;
      text("place", pulse.place);
      text("line", pulse.line + (pulse.left && " · " + pulse.left));
      text("so-far", pulse.so_far);
      place.querySelector("progress").value = pulse.share;
      Object.assign(place.dataset, { connected: pulse.connected, received: pulse.received, failures: pulse.failures });
      if (points.length === 0 || pulse.point[0] > points[points.length - 1][0]) points.push(pulse.point);
      show(points);
    });
    on("content", (content) => {
      document.title = content.title;
      document.querySelector("main").outerHTML = content.main;
      document.getElementById("plots").textContent = content.plots;
      start();
    });
    on("end", () => {
      source.close();
      place.remove();
    });
    source.addEventListener("error", () => text("place", "The run does not answer: it has ended, or was stopped."));
  }

  start();
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  const place = document.getElementById("live");
  if (place) live(place);
})();
