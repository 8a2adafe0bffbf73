// What is typed into a form and not saved yet is kept in this browser, for its user alone, until it is saved or dropped:
// a session that ends, or a window that is closed, loses nothing.

const PREFIX = "draft:";
const SENT = "draft-sent"; // of this tab: the draft that was sent last
const KEPT_DAYS = 7;
const form = document.querySelector("form[data-draft]");
const mine = form && `${PREFIX}${form.dataset.draft}:${location.pathname}`;
const user = document.querySelector("[data-user]")?.dataset.user;

const fieldsOf = () => [...form.elements].filter((field) => field.name && !["csrf", "was"].includes(field.name)
  && !field.name.endsWith(".take") && !field.name.endsWith(".kept") && !["hidden", "submit", "password", "file"].includes(field.type));

function values() {
  const found = {};
  for (const field of fieldsOf()) {
    if (field.type === "checkbox") (found[field.name] ??= []).push(...(field.checked ? [field.value] : []));
    else found[field.name] = field.value;
  }
  return found;
}

function fill(kept) {
  for (const field of fieldsOf()) {
    if (!(field.name in kept)) continue;
    if (field.type === "checkbox") field.checked = kept[field.name].includes(field.value);
    else field.value = kept[field.name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

/** Drafts of other users, and those that are old, go. */
function tidy() {
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const strange = user && !key.startsWith(`${PREFIX}${user}:`);
    if (strange || !((read(key)?.at ?? 0) > oldest)) localStorage.removeItem(key);
  }
}

/** What was sent from this tab has been taken, unless its form, or the door, has come back. */
function forgetSent() {
  const sent = sessionStorage.getItem(SENT);
  if (!sent || !user) return;
  sessionStorage.removeItem(SENT);
  if (sent !== mine) localStorage.removeItem(sent);
}

function restore(opened) {
  const kept = read(mine);
  if (!kept || "draftSent" in form.dataset || JSON.stringify(kept.values) === opened) return;
  fill(kept.values);
  const note = Object.assign(document.createElement("div"), { className: "note" });
  note.setAttribute("role", "status");
  const words = Object.assign(document.createElement("span"), { className: "grow", textContent: form.dataset.draftRestored });
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: form.dataset.draftDrop });
  drop.addEventListener("click", () => {
    localStorage.removeItem(mine);
    fill(JSON.parse(opened));
    localStorage.removeItem(mine);
    note.remove();
  });
  note.append(words, drop);
  form.before(note);
}

try {
  tidy();
  forgetSent();
  if (form?.dataset.draft) {
    const opened = JSON.stringify(values());
    restore(opened);
    form.addEventListener("input", () => {
      const now = values();
      if (JSON.stringify(now) === opened) localStorage.removeItem(mine);
      else localStorage.setItem(mine, JSON.stringify({ at: Date.now(), values: now }));
    });
    form.addEventListener("submit", () => sessionStorage.setItem(SENT, mine));
  }
  // Who leaves leaves nothing behind.
  document.querySelector("form[action='/console/sign-out']")?.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  });
} catch { /* a browser that keeps nothing */ }
