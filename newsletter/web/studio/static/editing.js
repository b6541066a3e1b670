// Arranging and saying anew: drag, keys, the paste desk.
import "./typing.js";
import { studio } from "./studio.js";

const slug = document.querySelector(".desk").dataset.slug;
const outline = document.getElementById("outline");
const panel = document.getElementById("panel");

// --- moving

const change = (path, values) => studio.ask("POST", `/i/${slug}/${path}`, { target: "#outline", values });

// One after another: each begins where the one before has led.
let waiting = 0;
let done = Promise.resolve();

function inTurn(act) {
  waiting += 1;
  done = done.then(act).finally(() => { waiting -= 1; });
}

function arrange(row, to) {
  const { brief, place, of = "issue" } = row.dataset;
  return change("arrange", { brief, place, of, to });
}

const current = () => outline.querySelector(".row a.current")?.closest(".row")
  || document.activeElement?.closest?.(".row");

function press(way) {
  const row = current();
  const button = row?.querySelector(`[data-way="${way}"]`);
  if (button) return arrange(row, button.value);
  return studio.say(row ? "It cannot go further." : "Choose a brief first, with j and k.");
}

// A key that is held down goes no further than what is seen.
const pressing = (act) => ({ repeat }) => {
  if (!(repeat && waiting)) inTurn(act);
};

Object.assign(studio.keys, {
  J: pressing(() => press("down")),
  K: pressing(() => press("up")),
  D: pressing(() => press("drop")),
  e: () => edit(current()),
  u: pressing(() => outline.querySelector(".undo:enabled") && change("undo", {})),
  s: () => outline.querySelector(".heads a")?.click(),
});

let wanted = "";

function edit(row) {
  if (!row) return;
  wanted = "headline";
  row.querySelector("a[data-line]").click();
}

// --- answers

// What was chosen stays chosen while the outline is written anew: rows are known by their digest.
let kept = null;
let latest = "";
let missed = false;

// Answers overtake one another: what was asked for before something newer was shown may be older.
let asked = 0;
let shown = 0;

const renew = () => studio.ask("GET", `/i/${slug}/outline`, { source: outline, target: "#outline" });

addEventListener("htmx:beforeRequest", ({ detail: { target, requestConfig } }) => {
  if (target === outline) requestConfig.turn = asked += 1;
});

// A part of a row, as it is found in the row's successor.
function named({ localName, name, value, dataset }) {
  if (dataset.way) return `[data-way="${dataset.way}"]`;
  return localName + (name ? `[name="${name}"]` : "") + (localName === "button" ? `[value="${value}"]` : "");
}

const untouched = (field) => field.value === (field.querySelector("[selected]")?.value ?? field.defaultValue);

function keep() {
  const part = outline.contains(document.activeElement) ? document.activeElement : null;
  return {
    marked: outline.querySelector(".current")?.closest(".row")?.dataset.brief,
    open: [...outline.querySelectorAll(".row:has(details[open])")].map((row) => row.dataset.brief),
    filled: [...outline.querySelectorAll(".row :is(select, [type=date])")].filter((one) => !untouched(one))
      .map((one) => [one.closest(".row").dataset.brief, named(one), one.value]),
    focus: part?.closest(".row")?.dataset.brief,
    part: part && named(part),
    kind: part?.localName,
    top: outline.scrollTop,
  };
}

const rowOf = (digest) => digest && outline.querySelector(`.row[data-brief="${digest}"]`);

function restore() {
  outline.scrollTop = kept.top;
  rowOf(kept.marked)?.querySelector("a[data-line]").classList.add("current");
  for (const brief of kept.open) rowOf(brief)?.querySelector("details").setAttribute("open", "");
  for (const [brief, field, value] of kept.filled) {
    const there = rowOf(brief)?.querySelector(field);
    if (there) there.value = value;
  }
  const row = rowOf(kept.focus);
  if (row) (row.querySelector(kept.part) || row.querySelector(kept.kind)).focus();
  kept = null;
}

// The outline is not touched where it would stay as it is, nor under somebody's hand.
function refreshes({ xhr, requestConfig: { verb, turn } }) {
  const looks = verb === "get";
  const overtaken = turn < shown;
  missed = looks && dragged !== null;
  if (overtaken && !missed) renew();
  const anew = xhr.status < 400 && !(looks && (missed || overtaken || xhr.responseText === latest));
  if (anew) {
    latest = xhr.responseText;
    shown = looks ? turn : asked += 1;
  }
  return anew;
}

addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== outline) return;
  event.detail.shouldSwap = refreshes(event.detail);
  kept = keep();
});

addEventListener("htmx:afterSwap", (event) => {
  const { target } = event.detail;
  // At once: htmx waits a moment, in which Enter would send a form as if there were no script.
  htmx.process(target);
  if (target === outline && kept) restore();
  if (target === panel && wanted) {
    document.getElementById(wanted)?.focus();
    wanted = "";
  }
  compare();
});

// --- dragging

let dragged = null;

function mark(row, below) {
  document.querySelectorAll(".drop").forEach((one) => one.classList.remove("drop", "below"));
  row?.classList.add("drop");
  row?.classList.toggle("below", below);
}

// Where a brief would go: beside the row under the pointer, or into the section without one.
function spot(event) {
  const row = event.target.closest?.("#outline .row");
  if (row && row !== dragged) {
    const { top, height } = row.getBoundingClientRect();
    const below = event.clientY > top + height / 2;
    return { row, below, to: `${below ? "after" : "before"}:${row.dataset.brief}` };
  }
  const group = event.target.closest?.("#outline .group");
  return group && !row ? { row: group, below: true, to: `section:${group.dataset.section}` } : null;
}

addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-brief][draggable]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.querySelector("a, h3").textContent.trim());
  dragged.classList.add("dragged");
});

addEventListener("dragover", (event) => {
  const found = dragged && spot(event);
  if (found) event.preventDefault();
  mark(found?.row, found?.below);
});

addEventListener("drop", (event) => {
  const found = dragged && spot(event);
  if (!found) return;
  event.preventDefault();
  const row = dragged;
  inTurn(() => arrange(row, found.to));
  letGo();  // the row may be gone before it hears of its end
});

addEventListener("dragend", letGo);

function letGo() {
  dragged?.classList.remove("dragged");
  dragged = null;
  mark(null);
  if (missed) renew();
  missed = false;
}

// --- the editor of a brief

panel.addEventListener("keydown", (event) => {
  const form = event.target.closest("form.words");
  if (form && (event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key === "s")) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// The brief in the editor may change in another program: then its block is no longer in the outline.
function compare() {
  const form = panel.querySelector("form.words[data-brief]");
  const note = panel.querySelector(".stale");
  if (form && note) note.hidden = Boolean(rowOf(form.dataset.brief));
}

// A click into a rendition opens the editor of what was clicked at.
document.body.addEventListener("studio:picked", (event) => {
  const link = outline.querySelector(`a[hx-get][data-line="${event.detail.line}"]`);
  if (!link) return;
  studio.ask("GET", link.getAttribute("hx-get"), { source: link, target: "#panel" });
});

// --- the paste desk

panel.addEventListener("change", async (event) => {
  if (event.target.id !== "upload") return;
  const [file] = event.target.files;
  const form = event.target.form;
  form.elements.name.value = file ? file.name : "";
  form.elements.content.value = file ? await base64(file) : "";
});

function base64(file) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1] || "");
    reader.readAsDataURL(file);
  });
}

addEventListener("htmx:afterSwap", () => {
  const upload = panel.querySelector(".upload");
  if (upload) upload.hidden = false;
});
