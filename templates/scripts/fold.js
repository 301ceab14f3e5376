/* On a narrow screen the references and the appendices are folded behind their titles. */

const FOLDED = "#references, #background, #details, #appendix";
const NARROW = "(max-width: 40rem)";
const unfolded = new Set(); // ids of the sections that the reader has opened

/* Browsers that know `until-found` still search what is folded, and open it at a hit or a link. */
function foldAppendices(part) {
  if (!matchMedia(NARROW).matches) return;
  const within = part.matches?.(FOLDED) ? [part] : part.querySelectorAll(FOLDED);
  for (const section of within) fold(section);
}

function fold(section) {
  const title = section.querySelector("h2");
  const id = `${section.id}-text`;
  const text = element("div", { id, class: "folded" });
  for (const node of [...section.childNodes]) {
    if (node !== title) text.append(node);
  }
  const control = button("", () => setFolded(section, !text.hidden), {
    class: "unfold",
    "aria-controls": id,
  });
  control.append(...title.childNodes);
  title.append(control);
  section.append(text);
  text.addEventListener("beforematch", () => setFolded(section, false));
  setFolded(section, !unfolded.has(section.id));
}

function setFolded(section, folded) {
  const text = section.querySelector(":scope > .folded");
  if (!text) return;
  if (folded) text.setAttribute("hidden", "until-found");
  else text.removeAttribute("hidden");
  section.querySelector(".unfold").setAttribute("aria-expanded", String(!folded));
  if (folded) unfolded.delete(section.id);
  else unfolded.add(section.id);
}

/* Open the section that a link leads to, before the browser goes there. */
function unfoldTargets() {
  const open = (hash) => {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const section = target && target.closest(FOLDED);
    if (section) setFolded(section, false);
    return section ? target : null;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link) open(link.hash);
  });
  addEventListener("hashchange", () => open(location.hash)?.scrollIntoView());
  addEventListener("beforeprint", () => {
    for (const section of document.querySelectorAll(FOLDED)) setFolded(section, false);
  });
  open(location.hash)?.scrollIntoView();
}
