// Unsaved input of forms is kept in this browser, for its user only, until it is saved or discarded, so that nothing is
// lost when a session ends or a window is closed.

import { hasOutcome } from "./page_address.js";

const PREFIX = "draft:";
const SENT = "draft-sent"; // of this tab: the draft that was submitted last
const KEPT_DAYS = 7;
const user = document.querySelector("[data-user]")?.dataset.user;
/** Forms of rows, and all forms with longer texts: a chat, an answer, notes. */
const forms = [...document.querySelectorAll("form[method=post]")]
  .filter((form) => user && ("draft" in form.dataset || form.querySelector("textarea")));
/** The form of a row is identified by its action, so that the draft of a form filled from pasted text is restored in the
 *  form for a new row. */
const keyOf = (form) => `${PREFIX}${user}:${"draft" in form.dataset ? new URL(form.getAttribute("action"), location).pathname
  : `${location.pathname}#${form.getAttribute("action") ?? ""}`}`;

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["csrf", "was"].includes(field.name)
  && !field.name.endsWith(".take") && !field.name.endsWith(".kept") && !["hidden", "submit", "password", "file"].includes(field.type));

function values(form) {
  const result = {};
  for (const field of fieldsOf(form)) {
    if (field.type === "checkbox") (result[field.name] ??= []).push(...(field.checked ? [field.value] : []));
    else result[field.name] = field.value;
  }
  return result;
}

/** Whether the field differs from what the page came with: somebody may also type before this script runs. */
export function isTouched(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return field.selectedIndex !== Math.max(0, [...field.options].findIndex((each) => each.defaultSelected));
}

function fill(form, kept, { keepTouched = false } = {}) {
  for (const field of fieldsOf(form)) {
    if (!(field.name in kept) || (keepTouched && isTouched(field))) continue;
    if (field.type === "checkbox") field.checked = kept[field.name].includes(field.value);
    else field.value = kept[field.name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

/** Keep a draft; if the browser has no more room, the earlier one stays. */
function write(key, draft) {
  try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), ...draft })); } catch { /* no room */ }
}

/** Remove drafts of other users and old drafts. */
function removeOldDrafts() {
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const isForeign = user && !key.startsWith(`${PREFIX}${user}:`);
    if (isForeign || !((read(key)?.at ?? 0) > oldest)) localStorage.removeItem(key);
  }
}

/** Remove the draft that this tab submitted. It was accepted, unless the next page is its form without an outcome, or
 *  the sign-in page. */
function forgetSent() {
  const sent = sessionStorage.getItem(SENT);
  if (!sent || !user) return;
  sessionStorage.removeItem(SENT);
  if (!forms.some((form) => keyOf(form) === sent) || hasOutcome) localStorage.removeItem(sent);
}

function restore(form, opened) {
  const kept = read(keyOf(form));
  if (!kept || "draftSent" in form.dataset || "draftFilled" in form.dataset || JSON.stringify(kept.values) === opened) return;
  // A form that was opened with another text, such as an answer's template, keeps that text.
  if (!("draft" in form.dataset) && kept.opened !== opened) return;
  fill(form, kept.values, { keepTouched: true });
  if (!form.dataset.draftRestored) return;
  const note = Object.assign(document.createElement("div"), { className: "note" });
  note.setAttribute("role", "status");
  const words = Object.assign(document.createElement("span"), { className: "grow", textContent: form.dataset.draftRestored });
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: form.dataset.draftDrop });
  drop.addEventListener("click", () => {
    fill(form, JSON.parse(opened));
    localStorage.removeItem(keyOf(form));
    note.remove();
  });
  note.append(words, drop);
  form.before(note);
}

function trackDraft(form) {
  const opened = JSON.stringify(values(form));
  restore(form, opened);
  form.addEventListener("input", () => {
    const now = values(form);
    if (JSON.stringify(now) === opened) localStorage.removeItem(keyOf(form));
    else write(keyOf(form), { opened, values: now });
  });
  form.addEventListener("submit", () => {
    if ("draftFilled" in form.dataset) write(keyOf(form), { opened, values: values(form) });
    sessionStorage.setItem(SENT, keyOf(form));
  });
  form.addEventListener("reset", () => localStorage.removeItem(keyOf(form)));
}

try {
  removeOldDrafts();
  forgetSent();
  forms.forEach(trackDraft);
  // Signing out removes all drafts.
  document.querySelector("form[action='/console/sign-out']")?.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  });
} catch { /* a browser that stores nothing */ }
