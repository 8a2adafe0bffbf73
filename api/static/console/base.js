// The lists of the user's own leads and properties: filtered while the user types, with actions on several rows.
import { post, refresh, rememberList, localTimes } from "./console.js";
import { toast } from "./toast.js";

const TYPING_DELAY = 150; // ms after the last key
const form = document.querySelector("form[data-typed]");
const list = document.querySelector("[data-poll]");
let timer = 0;
let lastRequest = 0;
const inProgress = new Set(); // forms of rows

/** The address of the form's query, without empty fields. */
function address(more = {}) {
  const fields = [...new FormData(form)].filter(([, value]) => String(value).trim());
  return `${form.getAttribute("action")}?${new URLSearchParams([...fields, ...Object.entries(more)])}`;
}

/** Give what stands around the list the address that was typed: the tabs, the form that saves a view, the way back. */
function followAddress() {
  for (const view of document.querySelectorAll("[data-asked]")) {
    view.value = location.search.slice(1);
    view.form.hidden = false;
  }
  for (const field of document.querySelectorAll(".looks [name=next]")) field.value = location.pathname + location.search;
  for (const tab of document.querySelectorAll("[data-state]")) {
    const query = new URLSearchParams(location.search);
    query.delete("status");
    if (tab.dataset.state) query.set("status", tab.dataset.state);
    tab.search = query;
  }
  rememberList();
}

async function find() {
  const request = ++lastRequest;
  try {
    const answer = await fetch(address({ part: 1 }), { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    if (request !== lastRequest) return; // an older answer must not replace a newer one
    if (!answer.ok) throw new Error(answer.status);
    const html = await answer.text();
    if (request !== lastRequest) return;
    refresh(list, html);
    localTimes(list);
    list.dataset.poll = address({ part: 1 });
    history.replaceState(history.state, "", address());
    followAddress();
  } catch { // the button repeats the request
    if (request === lastRequest) toast(document.querySelector("[data-csrf]")?.dataset.unreachable, { bad: true });
  }
}

if (form && list) {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, TYPING_DELAY);
  });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-pick-all]")) return;
  for (const box of list.querySelectorAll("[data-pick]")) box.checked = true;
});

const typedIn = (quickForm) => [...quickForm.elements].filter((field) => field.type !== "hidden").map((field) => field.value).join("\n");

// Change a row in place; after an error, show it and keep the input, as well as input that came while the row was saved.
document.addEventListener("submit", async (event) => {
  const quickForm = event.target.closest?.("[data-quick]");
  if (!quickForm || !form) return;
  event.preventDefault();
  if (inProgress.has(quickForm)) return; // a second Enter before the answer
  inProgress.add(quickForm);
  const sent = typedIn(quickForm);
  const result = await post(quickForm.action, new FormData(quickForm));
  inProgress.delete(quickForm);
  if (!result) return;
  toast(result.message);
  if (typedIn(quickForm) === sent) quickForm.closest("details").open = false;
  await find();
  if (typedIn(quickForm) === sent) quickForm.reset(); // to the saved values, since «12 млн» differs from the printed amount and would count as unsaved input
});
