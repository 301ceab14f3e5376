/* The contents mark the section that is being read. */

const READING_LINE = 0.3; // as a share of the window's height, from the top

function followReading() {
  const contents = document.querySelector(".contents");
  if (!contents) return;
  const links = [...contents.querySelectorAll("a")]
    .map((link) => [link, document.getElementById(link.hash.slice(1))])
    .filter(([, section]) => section);
  const here = addContentsBar(contents);
  const mark = () => {
    const line = innerHeight * READING_LINE;
    const begun = links.filter(([, section]) => section.getBoundingClientRect().top <= line);
    const current = begun.at(-1)?.[0];
    for (const [link] of links) {
      if (link === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    here.textContent = current?.textContent ?? "";
    if (current) keepInView(current, contents);
  };
  const margin = `-${100 * READING_LINE}% 0px -${100 * (1 - READING_LINE)}% 0px`;
  const watch = new IntersectionObserver(mark, { rootMargin: margin });
  for (const [, section] of links) watch.observe(section);
}

/* Make of the contents a bar that names the section being read and opens the list; style sheets
   show it on narrow screens. */
function addContentsBar(contents) {
  const list = contents.querySelector("ol");
  list.id = "contents-list";
  const here = element("span", { class: "here" });
  const show = (open) => {
    contents.classList.toggle("open", open);
    control.setAttribute("aria-expanded", String(open));
  };
  const control = button("Contents", () => show(!contents.matches(".open")), {
    class: "where",
    "aria-expanded": "false",
    "aria-controls": list.id,
  });
  control.append(" ", here);
  list.before(control);
  list.addEventListener("click", (event) => event.target.closest("a") && show(false));
  contents.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !contents.matches(".open")) return;
    show(false);
    control.focus({ preventScroll: true });
  });
  return here;
}

/* Scroll long contents in their own box, never the page. */
function keepInView(link, box) {
  const above = link.offsetTop < box.scrollTop;
  const below = link.offsetTop + link.offsetHeight > box.scrollTop + box.clientHeight;
  if (above || below) box.scrollTop = link.offsetTop - box.clientHeight / 2;
}
