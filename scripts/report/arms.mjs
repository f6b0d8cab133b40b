// The pages of a comparison and of a trend: every number in their tables against comparison.json or trend.json beside them.

/** What stands on the page, a table for each row of the scenario. */
export function onPage() {
  return [...document.querySelectorAll("#numbers table")].map((table) => ({
    title: table.parentNode.getAttribute("aria-label"),
    rows: [...table.tBodies[0].rows].map((row) => ({
      metric: row.cells[0].textContent,
      values: [...row.cells].slice(1).map((cell) => cell.dataset.value).filter((value) => value !== undefined).map(Number),
      texts: [...row.cells].slice(1).map((cell) => cell.textContent),
    })),
  }));
}

/** What the file has, in the form of the page; and for each row words that must stand in it. */
function wanted(told) {
  if (told.cells) {
    const row = (of) => ({ metric: of.metric, values: [of.base, of.new, of.ratio].filter((v) => v != null), words: [of.verdict] });
    return told.cells.map((cell) => ({ title: cell.label, rows: cell.rows.map(row) }));
  }
  const tables = [];
  for (const { row, metric, points } of told.series) {
    const words = points.filter((point) => point.change != null).map((point) => point.started);
    const of = { metric, values: [points[0].value, points.at(-1).value], words };
    if (tables.at(-1)?.title === row) tables.at(-1).rows.push(of);
    else tables.push({ title: row, rows: [of] });
  }
  return tables;
}

/** Complaints, and how many numbers were compared. */
export function compare(tables, told) {
  const complaints = [];
  let compared = 0;
  const all = wanted(told);
  if (tables.length !== all.length) complaints.push(`${tables.length} tables, and the file has ${all.length}`);
  all.forEach((table, t) => table.rows.forEach((row, r) => {
    const [shown, place] = [tables[t]?.rows[r], `${table.title}, ${row.metric}`];
    if (tables[t]?.title !== table.title || shown?.metric !== row.metric) return complaints.push(`${place}: is not there`);
    compared += row.values.length;
    if (shown.values.join() !== row.values.join()) complaints.push(`${place}: ${shown.values}, and the file has ${row.values}`);
    for (const word of row.words) if (!shown.texts.some((text) => text.includes(word))) complaints.push(`${place}: no ${word}`);
    const bare = shown.texts.slice(0, 2).filter((text) => /^[\d.,]+[kMGT]?$/.test(text) && !/^[\d,]+$/.test(text));
    if (bare.length > 0) complaints.push(`${place}: ${bare} of what?`);
  }));
  return { complaints, compared };
}
