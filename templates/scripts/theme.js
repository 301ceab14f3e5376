/* Light, dark, or as the system has it; remembered where the browser allows it. */

const THEMES = { auto: "Auto", light: "Light", dark: "Dark" };
const THEME_KEY = "homework-theme";

function rememberedTheme() {
  try {
    const name = localStorage.getItem(THEME_KEY);
    return Object.hasOwn(THEMES, name) ? name : "auto";
  } catch {
    return "auto"; // storage is off, as it may be for files on disk
  }
}

function rememberTheme(name) {
  try {
    localStorage.setItem(THEME_KEY, name);
  } catch {
    // the choice holds until the page is closed
  }
}

/* Figures follow: a picture has the colour scheme of the page around it. */
function applyTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

function addThemeSwitch() {
  const choices = Object.entries(THEMES).map(([name, label]) => [
    name,
    button(label, () => choose(name)),
  ]);
  const show = (chosen) => {
    for (const [name, control] of choices) control.setAttribute("aria-pressed", name === chosen);
  };
  const choose = (name) => {
    applyTheme(name);
    rememberTheme(name);
    show(name);
  };
  show(rememberedTheme());
  const group = element("div", { class: "theme", role: "group", "aria-label": "Colours" });
  group.append(...choices.map(([, control]) => control));
  document.querySelector(".cover")?.prepend(group);
}
