// What every page gets: local times, forms that act in place, parts that stay fresh, the number of unread notifications.
// Every form works without this file too; it only saves the reload.

import "./drafts.js";
import { toast } from "./toast.js";

const main = document.querySelector("[data-csrf]");
const csrf = main?.dataset.csrf ?? document.querySelector("input[name=csrf]")?.value ?? "";
const language = document.documentElement.lang;

/** Post fields to one of our pages; the answer's JSON, or null after saying what is wrong. */
export async function post(path, fields) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  try {
    const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json", "X-CSRF-Token": csrf } });
    if (answer.redirected) { location.href = answer.url; return null; }
    const said = await answer.json();
    if (answer.ok) return said;
    if (answer.status === 401) location.reload();
    toast(said.message, { bad: true });
  } catch {
    toast(main?.dataset.unreachable ?? "The server cannot be reached; try again.", { bad: true });
  }
  return null;
}

/** Show times in the zone that the reader chose, or else the device's. */
export function localTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    // Browsers have no forms of Kazakh dates: they write "M11" and "11-29". Its numerals are those of Russian.
    const month = language === "kk" ? "2-digit" : "short";
    const options = { day: "numeric", month, hour: "2-digit", minute: "2-digit" };
    if (main?.dataset.zone) options.timeZone = main.dataset.zone;
    if ("seconds" in time.dataset) options.second = "2-digit";
    const moment = new Date(time.dateTime);
    if (moment.getFullYear() !== new Date().getFullYear()) options.year = "numeric";
    time.textContent = moment.toLocaleString(language === "kk" ? "ru" : language, options);
  }
}

const sameNode = (one, other) => one.nodeName === other.nodeName && one.id === other.id
  && one.dataset?.listing === other.dataset?.listing;

/** Make the inside of *old* that of *fresh*, changing no more than differs. */
function patch(old, fresh) {
  const nodes = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  nodes.slice(wanted.length).forEach((node) => node.remove());
  wanted.forEach((node, place) => {
    const now = nodes[place];
    if (!now) { old.append(node); return; }
    if (!sameNode(now, node)) { now.replaceWith(node); return; }
    if (node.nodeType !== Node.ELEMENT_NODE) { if (now.data !== node.data) now.data = node.data; return; }
    for (const { name } of [...now.attributes]) if (!node.hasAttribute(name)) now.removeAttribute(name);
    for (const { name, value } of node.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    patch(now, node);
  });
}

/** Show fresh markup of ours in the place of old. What has not changed stays as it is, so that no focus, no button that
 *  is being pressed and no place in a text that is being read is lost; where the end was in sight, it stays so. */
export function refresh(element, html) {
  if (element.dataset.html === html) return;
  element.dataset.html = html;
  const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  localTimes(fresh.content);
  patch(element, fresh.content);
  if ("bottom" in element.dataset && atEnd) element.scrollTop = element.scrollHeight;
}

const SELDOM = 10_000; // ms: where a stream tells of changes, and one may have been lost
const BREATH = 300; // ms between two looks, however many changes are told
const looks = new Map(); // element -> whether it is to be looked at once more

let acts = 0; // how many actions, and undoings of actions, were begun on this page
let actsUnderWay = 0;

/** A check whether an action is under way or was begun since now: an answer of before it may show the card that left. */
export function watchActs() {
  const before = acts;
  return () => actsUnderWay > 0 || acts !== before;
}

/** Ask for the living part of a page again; one request at a time, so that no older answer comes after a newer one. */
async function look(element) {
  if (isBeingFilled(element)) return;
  if (looks.has(element)) { looks.set(element, true); return; }
  do {
    looks.set(element, false);
    const hasActed = watchActs();
    try {
      const answer = await fetch(element.dataset.poll, { headers: { Accept: "text/html" } });
      if (answer.redirected) { location.reload(); return; }
      const html = await answer.text();
      if (hasActed()) looks.set(element, true);
      else if (answer.ok) refresh(element, html);
    } catch { /* the next try will tell */ }
    await new Promise((rest) => { setTimeout(rest, BREATH); });
  } while (looks.get(element));
  looks.delete(element);
}

/** Whether somebody is typing there; what they type would be lost in a fresh part. */
export const isBeingFilled = (element) => [...element.querySelectorAll("input:not([type=hidden]), textarea, select")]
  .some((field) => (field.matches("[data-pick]") && field.checked)
    || (field.value !== field.defaultValue && field.type !== "checkbox" && field.tagName !== "SELECT"));

async function poll(element) {
  if (!document.hidden) await look(element);
  const told = (element.dataset.of || "live" in element.dataset) && stream?.readyState === EventSource.OPEN;
  setTimeout(poll, told ? SELDOM : Number(element.dataset.every), element);
}

const COUNT_EVERY = 10_000; // ms, where no stream can be had
const STREAM_AGAIN = 60_000; // ms
const unreadBadge = document.getElementById("unread");
let told = null;
let stream = null;

async function countNotifications() {
  try {
    const answer = await fetch("/console/notifications/count", { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const { unread, badges, id, title } = await answer.json();
    for (const badge of document.querySelectorAll("[data-badge]")) {
      badge.textContent = badges[badge.dataset.badge] ?? 0;
      badge.hidden = !badges[badge.dataset.badge];
    }
    unreadBadge.textContent = unread;
    unreadBadge.hidden = unread === 0;
    // Ids rise, so that the notification before one that was read elsewhere is not told as new.
    if (told !== null && Number(id) > told) toast(title);
    told = Math.max(told ?? 0, Number(id));
  } catch { /* the next try will tell */ }
}

/** The server says when to look; EventSource comes back by itself when a stream ends, but not when one is refused. */
function listen() {
  if (document.hidden || stream) return;
  const told = document.querySelectorAll("[data-of]");
  stream = new EventSource(told.length ? `/console/notifications/stream?of=${told[0].dataset.of}` : "/console/notifications/stream");
  stream.addEventListener("look", () => {
    countNotifications();
    document.querySelectorAll("[data-live]").forEach(look);
  });
  stream.addEventListener("change", () => told.forEach(look));
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    stream = null;
    setTimeout(listen, STREAM_AGAIN);
  });
}

function watchNotifications() {
  listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { listen(); return; }
    stream?.close(); // others have use for the seat
    stream = null;
  });
  setInterval(() => {
    if (!document.hidden && stream?.readyState !== EventSource.OPEN) countNotifications();
  }, COUNT_EVERY);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) { event.preventDefault(); return; }
  if ("act" in form.dataset) { event.preventDefault(); await actAtOnce(form, new FormData(form, event.submitter)); return; }
  if (!("say" in form.dataset)) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  const said = await post(form.getAttribute("action"), fields);
  buttons.forEach((button) => { button.disabled = false; });
  if (!said) return;
  toast(said.said);
  form.reset();
  const log = document.getElementById("said");
  refresh(log, await (await fetch(log.dataset.poll)).text());
  log.scrollTop = log.scrollHeight;
  form.querySelector("textarea").focus();
});

/** Post an action of this page. A part of the page that was asked for before or meanwhile is not shown any more. */
async function postAct(path, fields) {
  acts += 1;
  actsUnderWay += 1;
  const answer = await post(path, fields);
  actsUnderWay -= 1;
  document.dispatchEvent(new Event("acted"));
  return answer;
}

/** Act on a card: it leaves at once, and comes back with the reason if the server refuses, or when it is taken back. */
async function actAtOnce(form, fields) {
  const card = form.closest("article");
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const mark = document.createComment("");
  card.replaceWith(mark);
  (next?.querySelector("[data-act] button") ?? document.getElementById("content"))?.focus({ preventScroll: true });
  const putBack = () => { mark.replaceWith(card); card.querySelector("[data-act] button")?.focus(); };
  const said = await postAct(form.getAttribute("action"), fields);
  if (!said) { putBack(); return; }
  toast(said.said, { undo: said.undo && (async () => {
    const undone = await postAct("/console/undo", { what: said.undo });
    if (!undone) return;
    toast(undone.said);
    if (mark.isConnected) putBack();
  }) });
}

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key === "Enter" && !event.shiftKey && box.matches?.(".compose textarea")) {
    event.preventDefault();
    box.form.requestSubmit();
  }
});

for (const image of document.querySelectorAll(".photo img")) image.addEventListener("error", () => image.remove());
for (const element of document.querySelectorAll("[data-poll]")) setTimeout(poll, Number(element.dataset.every), element);
for (const element of document.querySelectorAll("[data-bottom]")) element.scrollTop = element.scrollHeight;
const waiting = document.querySelector("[data-refresh]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.refresh));
document.querySelector("[data-focus]")?.focus();
if (unreadBadge) watchNotifications();
// What folds away on a phone stands open where there is room.
const wide = matchMedia("(min-width: 821px)");
for (const fold of document.querySelectorAll("details[data-wide-open]")) {
  const follow = () => { fold.open = wide.matches || "inUse" in fold.dataset; };
  follow();
  wide.addEventListener("change", follow);
}
localTimes();
// A row of tabs that is wider than a phone begins with the present one in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - tab.clientWidth) / 2;
}
