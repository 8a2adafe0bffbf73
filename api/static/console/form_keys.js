// A form that creates something has a one-time key. The browser's back button fetches its page again, so the key is kept in
// the history entry: the server then knows the form again, and the form says that it was saved.

import { hasOutcome } from "./page_address.js";

const SENT = "form-sent"; // of this tab: the key of the form that was submitted last
const SAVED = "form-saved "; // and a key: the address of what the form has created
const fields = [...document.querySelectorAll("input[name=form_key]")];

/** Whether this form was saved before. */
export const isFormSaved = () => fields.some((field) => sessionStorage.getItem(SAVED + field.value));

function showSaved() {
  const address = fields.map((field) => sessionStorage.getItem(SAVED + field.value)).find(Boolean);
  const note = document.querySelector("[data-already-saved]");
  if (!address || !note) return;
  note.querySelector("a").href = address;
  note.hidden = false;
}

try {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && hasOutcome) sessionStorage.setItem(SAVED + sent, location.pathname);
  if (fields.length) {
    const key = history.state?.formKey ?? fields[0].value;
    history.replaceState({ ...history.state, formKey: key }, "");
    for (const field of fields) {
      field.value = key;
      field.form.addEventListener("submit", () => sessionStorage.setItem(SENT, field.value));
    }
    showSaved();
    addEventListener("pageshow", ({ persisted }) => { if (persisted) showSaved(); });
  }
} catch { /* a browser that stores nothing */ }
