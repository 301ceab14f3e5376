/* The theme before anything is shown, the controls as soon as there is a page. */

applyTheme(rememberedTheme());
document.addEventListener("DOMContentLoaded", () => {
  addThemeSwitch();
  followReading();
  const enlarge = makeViewer();
  const equip = (part) => {
    equipTables(part);
    equipFigures(part, enlarge);
    foldAppendices(part);
    stopOnlyAtScrollers();
  };
  equip(document);
  unfoldTargets();
  document.addEventListener("homework:changed", (event) => equip(event.detail));
});
