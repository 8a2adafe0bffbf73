// A ranked list that is older than its lead or property, or than what somebody has done since, is replaced here by itself.
import { refresh, localTimes, isBeingFilled, watchActs } from "./console.js";

const list = document.querySelector("[data-list]");
const SOON = 1000; // ms, while the list is known to be out of date
const SELDOM = 5000; // ms
const PATIENCE = 60; // looks at the quick pace before it is slowed down
let quick = 0;

const stamped = () => list.querySelector("[data-stamp]");

/** Ask whether the page would show something else by now; and show it, but not over what somebody is typing. */
async function look() {
  const hasActed = watchActs();
  try {
    const answer = await fetch(list.dataset.list, { headers: { Accept: "application/json" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const { stamp, follows } = await answer.json();
    const shown = stamped();
    if (stamp === shown?.dataset.stamp && follows === ("follows" in shown.dataset)) return;
    quick = follows ? quick : 0;
    if (isBeingFilled(list)) return;
    const part = await fetch(list.dataset.part, { headers: { Accept: "text/html" } });
    if (!part.ok || part.redirected) return;
    const html = await part.text();
    if (hasActed()) return; // the action asks for a look of its own
    refresh(list, html);
    localTimes(list);
  } catch { /* the next look will tell */ }
}

async function watch() {
  if (!document.hidden) await look();
  const hurried = "follows" in (stamped()?.dataset ?? {}) || stamped()?.dataset.stamp.endsWith("none");
  quick = hurried ? quick + 1 : 0;
  setTimeout(watch, hurried && quick < PATIENCE ? SOON : SELDOM);
}

if (list) {
  setTimeout(watch, "follows" in (stamped()?.dataset ?? {}) ? SOON / 2 : SOON);
  document.addEventListener("acted", () => setTimeout(look, 50));
}
