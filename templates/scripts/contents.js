/* The contents mark the section that is being read. */

const READING_LINE = 0.3; // as a share of the window's height, from the top

function followReading() {
  const contents = document.querySelector(".contents");
  if (!contents) return;
  const links = [...contents.querySelectorAll("a")]
    .map((link) => [link, document.getElementById(link.hash.slice(1))])
    .filter(([, section]) => section);
  const mark = () => {
    const line = innerHeight * READING_LINE;
    const begun = links.filter(([, section]) => section.getBoundingClientRect().top <= line);
    const current = begun.at(-1)?.[0];
    for (const [link] of links) {
      if (link === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    if (current) keepInView(current, contents);
  };
  const margin = `-${100 * READING_LINE}% 0px -${100 * (1 - READING_LINE)}% 0px`;
  const watch = new IntersectionObserver(mark, { rootMargin: margin });
  for (const [, section] of links) watch.observe(section);
}

/* Scroll long contents in their own box, never the page. */
function keepInView(link, box) {
  const above = link.offsetTop < box.scrollTop;
  const below = link.offsetTop + link.offsetHeight > box.scrollTop + box.clientHeight;
  if (above || below) box.scrollTop = link.offsetTop - box.clientHeight / 2;
}
