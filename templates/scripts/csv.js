/* A table as comma-separated values (RFC 4180): exact values, not the rounded ones on the page. */

function cellText(cell) {
  const copy = cell.cloneNode(true);
  for (const star of copy.querySelectorAll(".star")) star.remove();
  for (const number of copy.querySelectorAll("data")) number.replaceWith(number.value);
  const text = copy.textContent.replace(/\s+/g, " ").trim();
  return text === "–" ? "" : text;
}

function headText(head) {
  const copy = head.cloneNode(true);
  for (const unit of copy.querySelectorAll(".unit")) unit.remove();
  const label = copy.textContent.replace(/\s+/g, " ").trim();
  return head.dataset.unit ? `${label} (${head.dataset.unit})` : label;
}

/* Text that a spreadsheet would take for a formula is kept as text. */
function csvField(text) {
  const safe = /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function tableToCsv(table) {
  const heads = [...table.tHead.rows[0].cells].map(headText);
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const lines = [heads, ...rows.map((row) => [...row.cells].map(cellText))];
  return lines.map((line) => line.map(csvField).join(",") + "\r\n").join("");
}

function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function exportControls(table, slug) {
  const said = element("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(tableToCsv(table));
      said.textContent = "Copied";
    } catch {
      said.textContent = "The browser doesn’t let this page copy; download it instead";
    }
    setTimeout(() => (said.textContent = ""), 4000);
  };
  return element(
    "div",
    { class: "controls" },
    said,
    button("Copy as CSV", copy),
    button("Download CSV", () => download(tableToCsv(table), `${slug}.csv`)),
  );
}
