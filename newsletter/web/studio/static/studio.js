// What every page of the studio does: the list of keys, and keys that press what they name.
export const studio = {
  // Let everybody who waits for it know: studio:rendered, studio:changed, studio:shown.
  tell(name, detail) {
    document.body.dispatchEvent(new CustomEvent(`studio:${name}`, { detail }));
  },

  // Say something to whoever cannot see that it happened.
  say(words) {
    const status = document.getElementById("status");
    if (status) status.textContent = words;
  },

  // What stands in the way of all work on this page, until it is taken away with "".
  notice(words) {
    const place = document.getElementById("notice");
    if (place.textContent !== words) place.textContent = words;
    place.hidden = !words;
  },

  // Ask as a link or a form would. What goes wrong is told by htmx's events; a later wish that ends
  // this one is nothing wrong.
  ask(verb, path, how) {
    return htmx.ajax(verb, path, how).catch(() => {});
  },

  // key → what it does; the pages add theirs.
  keys: {
    "?"() {
      const list = document.getElementById("keys");
      if (list.open) list.close();
      else list.showModal();
    },
  },
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) {
    event.preventDefault();
    studio.keys["?"]();
  }
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const act = studio.keys[event.key];
  if (!act || (document.querySelector("dialog[open]") && event.key !== "?")) return;
  event.preventDefault();
  act(event);
});
