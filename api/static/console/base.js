// The lists of one's own leads and properties: found while one types, and several rows picked at once.
import { post, refresh, localTimes } from "./console.js";
import { toast } from "./toast.js";

const PAUSE = 150; // ms after the last key
const form = document.querySelector("form[data-typed]");
const list = document.querySelector("[data-poll]");
let waiting = 0;
let asked = 0;

/** The address of what the form asks, without what it leaves open. */
function address(more = {}) {
  const fields = [...new FormData(form)].filter(([, value]) => String(value).trim());
  return `${form.getAttribute("action")}?${new URLSearchParams([...fields, ...Object.entries(more)])}`;
}

async function find() {
  const mine = ++asked;
  try {
    const answer = await fetch(address({ part: 1 }), { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok || mine !== asked) return; // an older answer must not replace a newer one
    const html = await answer.text();
    if (mine !== asked) return;
    refresh(list, html);
    localTimes(list);
    list.dataset.poll = address({ part: 1 });
    for (const view of document.querySelectorAll("[data-asked]")) view.value = address().split("?")[1];
    history.replaceState(null, "", address());
  } catch { /* the button asks again */ }
}

if (form && list) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, PAUSE);
  });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-pick-all]")) return;
  for (const box of list.querySelectorAll("[data-pick]")) box.checked = true;
});

// A row is changed where it stands; what is refused is told, and what was typed stays.
document.addEventListener("submit", async (event) => {
  const quick = event.target.closest?.("[data-quick]");
  if (!quick || !form) return;
  event.preventDefault();
  const said = await post(quick.action, new FormData(quick));
  if (!said) return;
  toast(said.said);
  quick.closest("details").open = false;
  await find();
});
