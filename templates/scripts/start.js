/* The theme before anything is shown, the controls as soon as there is a page. */

applyTheme(rememberedTheme());
document.addEventListener("DOMContentLoaded", () => {
  addThemeSwitch();
  followReading();
  equipTables();
  equipFigures();
  stopOnlyAtScrollers();
});
