/* Show what trains now, and exchange what has changed in the page, without reloading it. */

const strip = document.getElementById("live");
const space = "http://www.w3.org/2000/svg";
let shown = null;
let busy = false;

function made(name, text = "", kind = "") {
  const item = document.createElement(name);
  item.textContent = text;
  if (kind) item.className = kind;
  return item;
}

function curve(values, kind, epochs) {
  const line = document.createElementNS(space, "polyline");
  const step = 100 / Math.max(1, (epochs || values.length) - 1);
  line.setAttribute("points", values.map((v, i) => `${i * step},${30 - 30 * v}`).join(" "));
  line.setAttribute("class", kind);
  return line;
}

function picture(run) {
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "-2 -2 104 34");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Accuracy by epoch of ${run.name}, train and validation`);
  svg.append(curve(run.train, "train", run.epochs), curve(run.validation, "validation", run.epochs));
  return svg;
}

function entry(run) {
  const item = document.createElement("li");
  item.dataset.id = run.id;
  item.dataset.epoch = run.train.length;
  const seed = run.seed ? `, seed ${run.seed}` : "";
  const of = run.epochs ? ` of ${run.epochs}` : "";
  const score = (100 * run.validation.at(-1)).toFixed(1);
  const words = document.createElement("div");
  words.append(
    made("div", `${run.name}${seed}`),
    made("div", `epoch ${run.train.length}${of}, validation ${score} %`, "small"),
  );
  item.append(picture(run), words);
  return item;
}

function tell(state) {
  if (state.problem) {
    strip.replaceChildren(made("p", state.problem));
    return;
  }
  const left = state.total - state.done - state.failed - state.skipped;
  const counts = [`${state.done} of ${state.total} ${state.total === 1 ? "experiment" : "experiments"} done`];
  if (state.failed) counts.push(`${state.failed} failed`);
  if (state.skipped) counts.push(`${state.skipped} skipped`);
  if (state.stand_ins) counts.push("training stand-in weights");
  else if (left > 0 && !state.running.length) counts.push("nothing is training now");
  const list = document.createElement("ul");
  list.append(...state.running.map(entry));
  strip.replaceChildren(made("p", counts.join(", ")), ...(state.running.length ? [list] : []));
}

function selectors(page) {
  const sections = [...page.querySelectorAll("main > section")];
  return ["header.cover", ...sections.map((section) => `#${CSS.escape(section.id)}`)];
}

/* The parts as they came, before other scripts added controls to them. */
const plain = new Map(
  selectors(document).map((selector) => [selector, document.querySelector(selector)?.outerHTML]),
);

/* Open what was open, and keep the part that is being read where it is. */
function exchange(page) {
  const anchor = [...document.querySelectorAll("main h2, main h3, main figure")]
    .filter((e) => e.id && e.getBoundingClientRect().bottom > 0)[0];
  const before = anchor ? anchor.getBoundingClientRect().top : 0;
  for (const selector of selectors(page)) {
    const old = document.querySelector(selector);
    const fresh = page.querySelector(selector);
    if (!old || !fresh) continue;
    const same = plain.get(selector) === fresh.outerHTML;
    plain.set(selector, fresh.outerHTML);
    if (same) continue;
    const open = [...old.querySelectorAll("details")].map((e) => e.open);
    const copy = document.importNode(fresh, true);
    copy.querySelectorAll("details").forEach((e, i) => { e.open = Boolean(open[i]); });
    old.replaceWith(copy);
    if (copy.matches("section")) document.dispatchEvent(new CustomEvent("homework:changed", { detail: copy }));
  }
  const same = anchor && document.getElementById(anchor.id);
  if (same) window.scrollBy(0, same.getBoundingClientRect().top - before);
}

async function refresh(version) {
  if (busy) return;
  busy = true;
  try {
    const answer = await fetch("/");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const ids = (root) => [...root.querySelectorAll("main > section")].map((e) => e.id).join(" ");
    if (ids(page) !== ids(document)) window.location.reload();
    else exchange(page);
    shown = version;
  } finally {
    busy = false;
  }
}

const source = new EventSource("/events");
source.addEventListener("message", (event) => {
  const state = JSON.parse(event.data);
  tell(state);
  if (shown === null) shown = state.version;
  else if (shown === state.version) return;
  else if (document.querySelector("main > section")) refresh(state.version);
  else if (!state.problem) window.location.reload();
});
source.addEventListener("error", () => {
  strip.replaceChildren(made("p", "The server isn’t responding; this page may be out of date."));
});
