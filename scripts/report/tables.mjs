// Every number in the tables of report.html against the same one computed from results.json.
import { base, blocks, tablesOf, value } from "./numbers.mjs";

const FACTORS = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, "%": 0.01, "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** What stands on the page: heads with their groups, rows with shown and exact numbers. */
export function onPage() {
  return [...document.querySelectorAll("#numbers table.sortable")].map((table) => {
    const [above, below] = table.tHead.rows;
    const groups = [...above.cells].flatMap((cell) => Array(cell.colSpan).fill(cell.textContent));
    const heads = [...below.cells].map((cell, n) => [groups[n], cell.textContent]).slice(1, -1);
    const cell = (td) => ({
      value: td.dataset.value,
      number: td.querySelector(".number").textContent,
      unit: td.querySelector(".unit").textContent,
    });
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1, -1).map(cell));
    return { title: table.parentNode.getAttribute("aria-label"), heads, rows };
  });
}

/** Complaints, and how many numbers were compared. */
export function compare(tables, reports) {
  const complaints = [];
  let compared = 0;
  const check = (place, shown, wanted) => {
    compared += 1;
    const found = shown.value === undefined ? undefined : Number(shown.value);
    const near = (a, b, share) => Math.abs(a - b) <= share * Math.abs(b) + 1e-12;
    if ((found === undefined) !== (wanted === undefined) || (found !== undefined && !near(found, wanted, 0.0011))) {
      complaints.push(`${place}: ${found}, and results.json has ${wanted}`);
    }
    if (found === undefined) return shown.number === "-" || complaints.push(`${place}: shows ${shown.number} of nothing`);
    const read = asNumber(shown);
    // A small part is written by a whole number: 1/11.
    if (shown.number.includes("/") && Math.abs(1 / read - 1 / found) <= 0.5) return;
    if (read !== undefined && !near(read, found, 0.006) && Math.abs(read - found) > 6e-4 * FACTORS[shown.unit]) {
      complaints.push(`${place}: shows ${shown.number} ${shown.unit} for ${found}`);
    }
  };
  const all = blocks(reports);
  const own = tables.filter((table) => !table.title.endsWith("against [1]"));
  // A block has its tables one after the other.
  const of = all.flatMap((block) => Array(tablesOf(block)).fill(block));
  if (own.length !== of.length) complaints.push(`${own.length} tables for ${all.length} blocks`);
  own.forEach((table, n) => rowsOf(table, of[n], check));
  const against = tables.filter((table) => table.title.endsWith("against [1]"));
  against.forEach((table) => compared += table.rows.flat().length);
  return { complaints, compared };
}

function rowsOf(table, block, check) {
  if (table.rows.length !== block?.length) throw new Error(`${table.title}: ${table.rows.length} rows, not ${block?.length}`);
  table.rows.forEach((cells, r) => {
    cells.forEach((shown, c) => {
      const [group, head] = table.heads[c];
      const place = `${table.title}, row ${r + 1}, ${group} ${head}`;
      check(place, shown, wanted(table.heads, c, block, block[r]));
    });
  });
}

function wanted(heads, c, block, row) {
  const [group, head] = heads[c];
  if (head !== "ratio") return value(group, head, row.all);
  // A ratio stands behind what it is of.
  const [of, name] = heads[c - 1];
  const [own, first] = [value(of, name, row.all), value(of, name, base(block, row.run).all)];
  const ratio = own / first;
  return own === undefined || first === undefined || !Number.isFinite(ratio) ? undefined : ratio;
}

/** The number as a reader reads it. */
function asNumber({ number, unit }) {
  const plain = number.replaceAll(",", "");
  if (plain.startsWith("<")) return undefined;
  const [over, under] = plain.split("/").map(Number);
  return under === undefined ? over * FACTORS[unit] : over / under;
}
