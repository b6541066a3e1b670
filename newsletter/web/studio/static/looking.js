// The page of an issue: frames that fit, the lens, the tabs, and the way from a line to its brief.
import { studio } from "./studio.js";

export const renditions = () => [...document.querySelectorAll("iframe.rendition")];
const inside = (frame) => frame.contentDocument;

// Frames keep their width in CSS pixels and are drawn smaller where there is less room.
function fit() {
  const row = document.querySelector(".frames");
  if (!row) return;
  const devices = [...row.querySelectorAll(".device")];
  const gap = parseFloat(getComputedStyle(row).columnGap) || 0;
  const wanted = devices.reduce((sum, device) => sum + Number(device.dataset.pixels), 0);
  const scale = Math.min(1, (row.clientWidth - gap * (devices.length - 1)) / wanted);
  for (const device of devices) {
    const pixels = Number(device.dataset.pixels);
    const glass = device.querySelector(".glass");
    const frame = device.querySelector("iframe");
    glass.style.width = `${pixels * scale}px`;
    frame.style.width = `${pixels}px`;
    frame.style.height = `${glass.clientHeight / scale}px`;
    frame.style.transform = scale < 1 ? `scale(${scale})` : "none";
  }
}

// --- from a line of issue.md to what shows it

function marked(page, line) {
  const places = [...page.querySelectorAll("[id^='line-']")];
  return places.filter((place) => Number(place.id.slice(5)) <= line).pop() || places[0];
}

function show(line) {
  let shown = null;
  for (const frame of renditions()) {
    const place = marked(inside(frame), line);
    if (!place) continue;
    inside(frame).querySelectorAll("[data-pointed]").forEach((one) => one.removeAttribute("data-pointed"));
    place.setAttribute("data-pointed", "");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    place.animate(
      [{ outline: "3px solid #d9822b", outlineOffset: "6px" }, { outline: "3px solid transparent", outlineOffset: "6px" }],
      { duration: 1600, easing: "ease-in" },
    );
    shown = place;
  }
  document.querySelectorAll(".outline [data-line]").forEach((one) => {
    one.classList.toggle("current", Number(one.dataset.line) === line);
  });
  if (shown) studio.say(shown.textContent.trim());
  studio.tell("shown", { line });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !renditions().length) return;
  if (link.matches("a")) event.preventDefault();
  show(Number(link.dataset.line));
});

// A click into a rendition leads nowhere (it is a picture of a mail) but tells where it was.
function listen(frame) {
  const page = inside(frame);
  if (!page || page.studioListens) return;
  page.studioListens = true;
  // A click takes the keys into the frame, and all of them are for out here.
  page.addEventListener("keydown", (event) => {
    if (!document.body.dispatchEvent(new KeyboardEvent(event.type, event))) event.preventDefault();
  });
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    event.preventDefault();
    if (link) studio.say(link.getAttribute("href"));
    const places = [...page.querySelectorAll("[id^='line-']")];
    const before = places.filter(
      (place) => place === event.target || place.contains(event.target)
        || place.compareDocumentPosition(event.target) & Node.DOCUMENT_POSITION_FOLLOWING,
    ).pop();
    if (before) pick(Number(before.id.slice(5)));
  });
}

// The outline's entry of a line: the editor of that brief, where there is one.
function pick(line) {
  const entry = document.querySelector(`.outline [data-line="${line}"]`);
  document.querySelectorAll(".outline .current").forEach((one) => one.classList.remove("current"));
  if (entry) {
    entry.classList.add("current");
    entry.scrollIntoView({ block: "nearest" });
  }
  studio.tell("picked", { line });
}

function settle() {
  for (const frame of renditions()) {
    frame.addEventListener("load", () => listen(frame));
    listen(frame);
  }
  fit();
}

// --- the lens

export const lens = document.getElementById("lens");

function choose(name, value) {
  const field = lens.elements[name];
  if (field instanceof RadioNodeList) {
    const choice = [...field].find((one) => one.value === value);
    if (choice) choice.checked = true;
  } else if (field.type === "checkbox") {
    field.checked = !field.checked;
  } else {
    field.value = value;
  }
  lens.dispatchEvent(new Event("change", { bubbles: true }));
}

function next(name) {
  const options = [...lens.elements[name].options];
  const at = options.findIndex((option) => option.selected);
  const chosen = options[(at + 1) % options.length];
  choose(name, chosen.value);
  studio.say(chosen.textContent);
}

// A mail program has a scheme of its own.
function settleLens() {
  for (const radio of lens.elements.scheme) radio.disabled = lens.elements.client.value !== "";
}
lens.addEventListener("change", settleLens);
settleLens();

// --- the tabs

const tab = (path) => document.querySelector(`.side .tabs [data-panel="${path}"]`);

function light(path) {
  document.querySelectorAll(".side .tabs a").forEach((one) => {
    if (one.dataset.panel === path) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  });
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const path = event.detail.elt.dataset.panel;
  if (path) light(path);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "renditions") settle();
});
light(document.getElementById("panel").getAttribute("hx-get").split("/").slice(3).join("/"));

// --- keys

function step(selector, by) {
  const all = [...document.querySelectorAll(selector)];
  const at = all.findIndex((one) => one.classList.contains("current"));
  const found = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
  if (!found) return;
  all.forEach((one) => one.classList.toggle("current", one === found));
  found.focus({ preventScroll: false });
  found.click();
  found.classList.add("current");
}

Object.assign(studio.keys, {
  1: () => choose("width", "phone"),
  2: () => choose("width", "tablet"),
  3: () => choose("width", "desktop"),
  4: () => choose("width", "all"),
  l: () => choose("scheme", lens.elements.scheme.value === "dark" ? "light" : "dark"),
  c: () => next("client"),
  v: () => next("version"),
  i: () => choose("pictures"),
  m: () => choose("part", "mail"),
  t: () => choose("part", "text"),
  h: () => choose("part", "html"),
  j: () => step(".outline a[data-line]", 1),
  k: () => step(".outline a[data-line]", -1),
  n: () => step(".finding a[data-line]", 1),
  p: () => step(".finding a[data-line]", -1),
  w: () => {
    document.querySelector(".desk").classList.toggle("wide");
    fit();
  },
  f: () => tab("findings").click(),
  b: () => tab("brief/1").click(),
  a: () => tab("candidates").click(),
  x: () => tab("inbox").click(),
  y: () => tab("differences").click(),
  d: () => tab("decide").click(),
  r: () => tab("report").click(),
});

new ResizeObserver(fit).observe(document.getElementById("renditions"));
settle();
