// Replaces a ranked list when its lead or property was written, or an action was taken, after it was computed.
import { refresh, localTimes, isBeingFilled, trackActions } from "./console.js";

const list = document.querySelector("[data-list]");
const QUICK_INTERVAL = 1000; // ms, while the list is known to be out of date
const SLOW_INTERVAL = 5000; // ms
const MAX_QUICK_POLLS = 60; // then the slow interval applies
let quickPolls = 0;
let lastRequest = 0;

const stampedPart = () => list.querySelector("[data-stamp]");

/** Ask whether the list has changed, and show the new one, unless somebody is typing in the old one. */
async function update() {
  const hasActed = trackActions();
  const request = ++lastRequest;
  try {
    const answer = await fetch(list.dataset.list, { headers: { Accept: "application/json" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const { stamp, follows } = await answer.json();
    const shown = stampedPart();
    if (stamp === shown?.dataset.stamp && follows === ("follows" in shown.dataset)) return;
    quickPolls = follows ? quickPolls : 0;
    if (isBeingFilled(list)) return;
    const part = await fetch(list.dataset.part, { headers: { Accept: "text/html" } });
    if (!part.ok || part.redirected) return;
    const html = await part.text();
    if (request !== lastRequest) return; // an older answer must not replace a newer one
    if (hasActed() || isBeingFilled(list)) return; // an action requests an update of its own
    refresh(list, html);
    localTimes(list);
  } catch { /* the next poll may succeed */ }
}

async function watch() {
  if (!document.hidden) await update();
  const isOutdated = "follows" in (stampedPart()?.dataset ?? {}) || stampedPart()?.dataset.stamp.endsWith("none");
  quickPolls = isOutdated ? quickPolls + 1 : 0;
  setTimeout(watch, isOutdated && quickPolls < MAX_QUICK_POLLS ? QUICK_INTERVAL : SLOW_INTERVAL);
}

if (list) {
  setTimeout(watch, "follows" in (stampedPart()?.dataset ?? {}) ? QUICK_INTERVAL / 2 : QUICK_INTERVAL);
  document.addEventListener("acted", () => setTimeout(update, 50));
}
