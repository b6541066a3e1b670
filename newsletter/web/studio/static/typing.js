// Nothing typed beside the renditions is lost by accident: not to an answer that comes late, not to
// a wish that comes early, not to a studio that is gone.
import { studio } from "./studio.js";

const outline = document.getElementById("outline");
const panel = document.getElementById("panel");

let typed = false;

panel.addEventListener("input", (event) => {
  typed ||= Boolean(event.target.closest("form.words"));
});

addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});

// --- asking

// A save under way: its form, what that said, and where to go once it is answered.
let saving = null;

const fields = (form) => [...form.querySelectorAll("input[id]:not([type=file]), textarea")];

addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, requestConfig } = event.detail;
  if (target !== panel) return;
  requestConfig.inside = elt !== panel && panel.contains(elt);
  if (elt.matches("form.words")) {
    saving = { form: elt, sent: new Map(fields(elt).map((one) => [one.id, one.value])), then: "" };
  } else if (saving && !saving.form.matches(":has(#pasted)")) {  // a page to be fetched takes its time
    saving.then = requestConfig.path;
    event.preventDefault();
  } else if (typed && !elt.closest(".conflict") && !confirm("Leave what you typed unsaved?")) {
    event.preventDefault();
  } else {
    typed = false;
  }
});

addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.elt !== saving?.form) return;
  const { then } = saving;
  saving = null;
  const saved = xhr.status >= 200 && xhr.status < 400;
  if (then && saved) studio.ask("GET", then, { source: panel, target: "#panel" });
});

// --- answers

// What was typed stays, and what is wrong with it stands above; a conflict has a page of its own.
function complain(form, words) {
  form.querySelector(".alert")?.remove();
  form.insertAdjacentHTML("afterbegin", words);
  form.firstElementChild.scrollIntoView({ block: "nearest" });
}

const warning = (words) => `<p class="alert" role="alert">${words}</p>`;

// What could not be arranged is told above what is being typed.
function refuse({ status, responseText }) {
  const meanwhile = "That brief was changed meanwhile, so nothing was done with it. Save what you type here, and try again.";
  complain(panel.querySelector("form.words"), status === 409 ? warning(meanwhile) : responseText);
}

// What was typed after it was sent, and where the cursor stands.
let later = null;

function laterThan({ form, sent }) {
  const { id, selectionStart, selectionEnd } = document.activeElement;
  const more = fields(form).filter((one) => one.value !== sent.get(one.id));
  return { sent, more, id, cursor: [selectionStart, selectionEnd] };
}

const alike = (one, other) => one.replace(/\s+/g, " ").trim() === other.replace(/\s+/g, " ").trim();

function putBack({ sent, more, id, cursor }) {
  for (const old of more) {
    const field = document.getElementById(old.id);
    if (!field || !alike(field.value, sent.get(old.id))) continue;
    field.value = old.value;
    if (field.id === id) field.setSelectionRange(...cursor);
    typed = true;
  }
}

addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig: { elt, inside, verb } } = detail;
  const form = elt.closest("form.words");
  const changes = verb !== "get";
  if (form && xhr.status >= 400 && xhr.status !== 409) {
    detail.shouldSwap = false;
    complain(form, xhr.responseText);
    return;
  }
  if (detail.target === outline && xhr.status >= 400 && changes) detail.target = panel;
  if (detail.target !== panel) return;
  later = form && form === saving?.form ? laterThan(saving) : null;
  const stands = !inside || elt.isConnected;  // what asked has not been replaced since
  if (stands && (!typed || (inside && form))) return;
  detail.shouldSwap = false;
  if (changes && !inside) refuse(xhr);
});

addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target !== panel) return;
  typed = panel.querySelector(".conflict form.words") !== null;  // it is nowhere but here
  if (later) putBack(later);
});

// The studio does not answer at all.
addEventListener("htmx:sendError", (event) => {
  const form = event.detail.elt.closest("form.words");
  if (form) complain(form, warning("The studio does not answer, so this is not saved. It stays here as you typed it."));
  else studio.say("The studio does not answer.");
});
