// The page hears when its issue renders anew, and takes the new rendition into the frames it has:
// no reload, and every frame stays where it was scrolled to.
import { lens, renditions } from "./looking.js";
import { studio } from "./studio.js";

const desk = document.querySelector(".desk");
const stream = new EventSource(`/live/${desk.dataset.slug}`);

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

stream.addEventListener("rendered", async (event) => {
  const told = JSON.parse(event.data);
  desk.dataset.listening = "";
  if (told.mark === desk.dataset.mark) return;
  if (!hasVersions(told.versions)) {
    location.reload();
    return;
  }
  await takeRendition();
  desk.dataset.mark = told.mark;
  studio.tell("rendered", told);
});

stream.addEventListener("changed", (event) => studio.tell("changed", JSON.parse(event.data)));
stream.addEventListener("error", () => delete desk.dataset.listening);
addEventListener("pagehide", () => stream.close());
