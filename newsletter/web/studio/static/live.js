// The page hears when its issue renders anew, and takes the new rendition into the frames it has:
// no reload, and every frame stays where it was scrolled to.
import { lens, renditions } from "./looking.js";
import { studio } from "./studio.js";

const desk = document.querySelector(".desk");

// The root's own attributes cannot be set by innerHTML, so a change of those loads the frame anew.
const root = (html) => (html.match(/<html[^>]*>/i) || [""])[0];

function swap(frame, html) {
  const page = frame.contentDocument;
  if (frame.dataset.root !== undefined && frame.dataset.root !== root(html)) {
    frame.contentWindow.location.reload();
  } else {
    const { scrollLeft, scrollTop } = page.documentElement;
    page.documentElement.innerHTML = html.replace(/^[\s\S]*?<html[^>]*>/i, "").replace(/<\/html>\s*$/i, "");
    page.documentElement.scrollTo(scrollLeft, scrollTop);
  }
  frame.dataset.root = root(html);
}

async function takeRendition() {
  const row = document.querySelector(".frames");
  if (!row) {
    lens.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const answer = await fetch(`/rendition/${desk.dataset.slug}?${row.dataset.query}`);
  const html = await answer.text();
  if (answer.ok && html) renditions().forEach((frame) => swap(frame, html));
}

function hasVersions(versions) {
  const known = [...document.querySelectorAll("#version option")].map((one) => one.value);
  return versions.join() === known.join();
}

// What is looked at may be a version that is no more, so the list goes first.
async function takeVersions() {
  const asked = new URLSearchParams(new FormData(lens));
  const list = document.getElementById("version");
  await studio.ask("GET", `/i/${desk.dataset.slug}/versions?${asked}`, { source: list, target: list });
  lens.dispatchEvent(new Event("change", { bubbles: true }));
}

async function rendered(event) {
  const told = JSON.parse(event.data);
  await renewed;
  studio.notice("");
  desk.dataset.listening = "";
  if (told.mark === desk.dataset.mark) return;
  if (hasVersions(told.versions)) await takeRendition();
  else await takeVersions();
  desk.dataset.mark = told.mark;
  studio.tell("rendered", told);
}

// --- the stream

// A browser keeps six connections to a server, for all its tabs together: a page that nobody sees
// would hold one of them, and the seventh tab would wait for ever. So it listens while it is seen.
let stream = null;
let later = 0;

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(`/live/${desk.dataset.slug}`);
  stream.addEventListener("opened", opened);
  stream.addEventListener("rendered", (event) => rendered(event).catch(again));
  stream.addEventListener("changed", (event) => studio.tell("changed", JSON.parse(event.data)));
  stream.addEventListener("gone", (event) => studio.notice(JSON.parse(event.data).sentence));
  stream.addEventListener("error", lost);
}

function leave() {
  stream?.close();
  stream = null;
  clearTimeout(later);
  delete desk.dataset.listening;
}

// What was told comes once more to whoever listens anew: an answer that was lost is asked for again.
function again() {
  leave();
  later = setTimeout(listen, 1000);
}

function lost() {
  const given = stream.readyState === EventSource.CLOSED;  // the browser tries no more by itself
  delete desk.dataset.listening;
  studio.notice("The studio does not answer. Leave this page open: it goes on once `newsletter preview` runs again.");
  if (given) again();
}

// What was told while nobody listened is asked for: an approval, candidates, another brief.
let before = false;
let renewed = null;

function opened(event) {
  const { opening } = JSON.parse(event.data);
  if (opening !== desk.dataset.opening) {
    renewed = renew(opening);
    renewed.catch(again);
  }
  if (before) studio.tell("changed", { files: [] });
  before = true;
}

// A studio that was started anew knows another token, and what is typed here has to reach it.
async function renew(opening) {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("input[name=token]").value;
  document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
  document.querySelectorAll("input[name=token]").forEach((one) => { one.value = token; });
  desk.dataset.opening = opening;
}

document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
addEventListener("pageshow", listen);
addEventListener("pagehide", leave);
listen();
