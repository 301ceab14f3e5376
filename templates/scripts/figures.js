/* Figures: enlarged in a dialog, their data copied and downloaded. */

function makeViewer() {
  const caption = element("p", { id: "viewer-caption" });
  const place = element("div", {
    class: "scroll",
    role: "group",
    "aria-labelledby": "viewer-caption",
    tabindex: "0",
  });
  const dialog = element("dialog", { class: "viewer", "aria-labelledby": "viewer-caption" });
  dialog.append(button("Close", () => dialog.close(), { class: "close" }), place, caption);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the dialog's content
  });
  document.body.append(dialog);
  return (picture, text) => {
    place.replaceChildren(picture.cloneNode());
    caption.textContent = text;
    dialog.showModal();
  };
}

function equipFigures(part, enlarge) {
  const numbered = [...document.querySelectorAll("figure.plot, figure.gallery")];
  const counts = { "": 0, S: 0 }; // as style sheets number them
  numbered.forEach((figure) => {
    const row = figure.matches(".screen-only") ? "S" : "";
    const name = `Figure ${row}${++counts[row]}`;
    if (!figure.matches(".plot") || !part.contains(figure)) return;
    const picture = figure.querySelector("img");
    const caption = figure.querySelector("figcaption").textContent;
    const open = () => enlarge(picture, `${name}. ${caption}`);
    const control = button("Enlarge", open, { "aria-label": `Enlarge ${name}` });
    picture.addEventListener("click", open);
    figure.after(element("div", { class: "controls" }, control));
  });
  for (const details of part.querySelectorAll("details.data")) {
    const table = details.querySelector("table");
    const slug = details.querySelector("summary").id.replace(/^data-/, "");
    details.append(exportControls(table, slug));
    makeSortable(table);
  }
}
