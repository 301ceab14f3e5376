/* Tables: sorted by a column's head, filtered in the appendix, copied and downloaded. */

const ROWS_WORTH_SORTING = 3;
const ROWS_WORTH_FILTERING = 8;
const NEXT_ORDER = { none: "ascending", ascending: "descending", descending: "none" };

function sortKey(cell, numeric) {
  const number = numeric && cell.querySelector("data");
  return number ? Number(number.value) : cellText(cell);
}

/* Numbers before texts; what is empty comes last in either order. */
function compareKeys(a, b, sign) {
  if (a === "" || b === "") return (a === "") - (b === "");
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return sign * a.localeCompare(b, "en", { numeric: true });
}

function sortRows(rows, column, order, numeric) {
  const sums = rows.filter((row) => row.classList.contains("total"));
  const others = rows.filter((row) => !row.classList.contains("total"));
  if (order !== "none") {
    const sign = order === "ascending" ? 1 : -1;
    const keys = new Map(others.map((row) => [row, sortKey(row.cells[column], numeric)]));
    others.sort((a, b) => compareKeys(keys.get(a), keys.get(b), sign));
  }
  return [...others, ...sums];
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  if (original.length < ROWS_WORTH_SORTING) return;
  heads.forEach((head, column) => {
    const sort = () => {
      const order = NEXT_ORDER[head.getAttribute("aria-sort") ?? "none"];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order !== "none") head.setAttribute("aria-sort", order);
      body.append(...sortRows(original, column, order, head.classList.contains("number")));
    };
    const control = button("", sort, { class: "sort", title: "Sort by this column" });
    control.append(...head.childNodes);
    head.append(control);
  });
}

function filterControls(table, name) {
  const rows = [...table.tBodies[0].rows];
  const input = element("input", { type: "search", autocomplete: "off" });
  const count = element("span", { role: "status" });
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };
  input.addEventListener("input", filter);
  filter();
  return element("div", { class: "controls filter" }, element("label", {}, name, " ", input), count);
}

function equipTables(part) {
  for (const figure of part.querySelectorAll("figure.table")) {
    const table = figure.querySelector("table");
    const filterable =
      figure.closest("#appendix") && table.tBodies[0].rows.length >= ROWS_WORTH_FILTERING;
    if (filterable) {
      const box = figure.querySelector(".scroll");
      box.before(filterControls(table, "Filter experiments"));
    }
    figure.append(exportControls(table, figure.id.replace(/^table-/, "")));
    makeSortable(table);
  }
}
