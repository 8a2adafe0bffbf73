// What every page gets: local times, forms that act in place, parts that stay fresh, the number of unread notifications.
// Every form works without this file too; it only saves the reload.

import "./page_address.js";
import "./amounts.js";
import { isTouched } from "./drafts.js";
import "./form_keys.js";
import { patch } from "./patch.js";
import { toast } from "./toast.js";

const main = document.querySelector("[data-csrf]");
const csrf = main?.dataset.csrf ?? document.querySelector("input[name=csrf]")?.value ?? "";
const language = document.documentElement.lang;

const MAX_KEPT_BODY = 8_000; // characters; browsers refuse more than 64 KB in all such requests together

/** Post fields to one of our pages. Returns the answer's JSON, or null after showing what is wrong. The browser sends
 *  fields without a file even if the reader leaves the page first. */
export async function post(path, fields) {
  const hasFile = fields instanceof FormData && [...fields.values()].some((value) => typeof value !== "string");
  const body = hasFile ? fields : new URLSearchParams(fields);
  const keepalive = !hasFile && body.toString().length <= MAX_KEPT_BODY;
  try {
    const answer = await fetch(path, { method: "POST", body, keepalive, headers: { Accept: "application/json", "X-CSRF-Token": csrf } });
    if (answer.redirected) { location.href = answer.url; return null; }
    const result = await answer.json();
    if (answer.ok) return result;
    if (answer.status === 401) location.reload();
    toast(result.message, { bad: true });
  } catch {
    toast(main?.dataset.unreachable ?? "The server cannot be reached. Try again.", { bad: true });
  }
  return null;
}

/** The year of a moment in a time zone. */
const yearOf = (moment, timeZone) => moment.toLocaleString("en", { year: "numeric", timeZone });

/** Where a language's own dates do not exist (Kazakh), or would not be those that the server writes: "Dec 1, 04:18 PM". */
const LOCALES = { kk: "ru", en: "en-GB" };

/** Show times in the zone that the reader chose, or else the device's. */
export function localTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    // Browsers have no forms of Kazakh dates: they write "M11" and "11-29". Its numerals are those of Russian.
    const [day, month] = language === "kk" ? ["2-digit", "2-digit"] : ["numeric", "short"];
    const options = { day, month, hour: "2-digit", minute: "2-digit" };
    if (main?.dataset.zone) options.timeZone = main.dataset.zone;
    if ("seconds" in time.dataset) options.second = "2-digit";
    const moment = new Date(time.dateTime);
    if (yearOf(moment, options.timeZone) !== yearOf(new Date(), options.timeZone)) options.year = "numeric";
    time.textContent = moment.toLocaleString(LOCALES[language] ?? language, options);
  }
}

/** Remember the filters and the page of this window's list, for the way from a row back to it. */
export const rememberList = () => sessionStorage.setItem(`list ${location.pathname}`, location.search);

const wide = matchMedia("(min-width: 821px)");

/** What is folded on a phone is open on a wide screen. */
function unfold(root) {
  for (const fold of root.querySelectorAll("details[data-wide-open]")) fold.open = wide.matches || "inUse" in fold.dataset;
}

/** Replace an element's contents with new markup of ours. What has not changed stays as it is, so that focus, a button
 *  that is being pressed and the reading position are kept; an element scrolled to its end stays scrolled to it. */
export function refresh(element, html) {
  if (element.dataset.html === html) return;
  element.dataset.html = html;
  const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  localTimes(fresh.content);
  if (wide.matches) unfold(fresh.content);
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  patch(element, fresh.content);
  // A moved element has lost the focus; a removed one leaves it to the page.
  if (focused && document.activeElement !== focused) (focused.isConnected ? focused : document.getElementById("content"))?.focus({ preventScroll: true });
  if ("bottom" in element.dataset && atEnd) element.scrollTop = element.scrollHeight;
}

const POLL_INTERVAL_WITH_STREAM = 10_000; // ms: the stream announces changes, but an announcement may be lost
const MIN_FETCH_INTERVAL = 300; // ms between two fetches of a part, however many changes are announced
const fetching = new Map(); // element -> { again: whether it must be fetched once more, done: a promise of the end }

let actionsStarted = 0; // on this page, including undone actions
let actionsInProgress = 0;

/** Returns a function that tells whether an action is in progress or was started after this call: an answer from before
 *  an action may still contain the card that was removed. */
export function trackActions() {
  const before = actionsStarted;
  return () => actionsInProgress > 0 || actionsStarted !== before;
}

/** Returns a function that tells whether the part was replaced, or got another address, since this call: an older answer
 *  must not replace a newer one. */
function trackPart(element) {
  const { poll: address, html } = element.dataset;
  return () => element.dataset.poll !== address || element.dataset.html !== html;
}

/** Fetch a live part of the page again; one request at a time, so that an older answer cannot follow a newer one. */
async function fetchPart(element) {
  if (isBeingFilled(element)) return;
  const current = fetching.get(element);
  if (current) { current.again = true; await current.done; return; }
  const state = {};
  fetching.set(element, state);
  state.done = fetchUntilCurrent(element, state);
  await state.done;
}

async function fetchUntilCurrent(element, state) {
  do {
    state.again = false;
    const [hasActed, isReplaced] = [trackActions(), trackPart(element)];
    try {
      const answer = await fetch(element.dataset.poll, { headers: { Accept: "text/html" } });
      if (answer.redirected) { location.reload(); return; }
      const html = await answer.text();
      if (hasActed() || isReplaced()) state.again = true;
      else if (answer.ok && !isBeingFilled(element)) refresh(element, html);
    } catch { /* the next fetch may succeed */ }
    await new Promise((resolve) => { setTimeout(resolve, MIN_FETCH_INTERVAL); });
  } while (state.again);
  fetching.delete(element);
}

/** Whether somebody is typing, choosing or selecting rows in the part; a new version of the part would discard the input. */
export const isBeingFilled = (element) => [...element.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => {
  if (field.type === "checkbox") return field.matches("[data-pick]") && field.checked;
  return isTouched(field);
});

async function poll(element) {
  if (!document.hidden) await fetchPart(element);
  const isStreamed = (element.dataset.of || "live" in element.dataset) && stream?.readyState === EventSource.OPEN;
  setTimeout(poll, isStreamed ? POLL_INTERVAL_WITH_STREAM : Number(element.dataset.every), element);
}

const COUNT_INTERVAL = 10_000; // ms, while there is no stream
const RECONNECT_DELAY = 1000; // ms, after a stream has ended
const STREAM_RETRY_DELAY = 60_000; // ms, after one was refused
const unreadBadge = document.getElementById("unread");
let lastNotificationId = Number(unreadBadge?.dataset.newest); // of the unread ones
let countsRequested = 0;
let shownCount = 0; // the number of the request whose answer is shown
let stream = null;

/** The messages of the open chat; none while its earlier messages are shown. */
const openChats = () => [...document.querySelectorAll("[role=log][data-poll]")];

/** Whether *page*, that of a notification, is the open chat, in which the message itself appears. */
const isOpenChat = (page) => openChats().some((log) => log.dataset.poll.split("?")[0] === page);

async function countNotifications() {
  const request = ++countsRequested;
  try {
    const answer = await fetch("/console/notifications/count", { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const { unread, badges, id, title, page } = await answer.json();
    if (request < shownCount) return; // an older answer must not replace a newer one
    shownCount = request;
    for (const badge of document.querySelectorAll("[data-badge]")) {
      badge.textContent = badges[badge.dataset.badge] ?? 0;
      badge.hidden = !badges[badge.dataset.badge];
    }
    unreadBadge.textContent = unread;
    unreadBadge.hidden = unread === 0;
    // Ids increase: after the newest notification was read elsewhere, the one before it is not shown as new.
    if (Number(id) > lastNotificationId && !isOpenChat(page)) toast(title);
    lastNotificationId = Math.max(lastNotificationId, Number(id));
  } catch { /* the next fetch may succeed */ }
}

let hasListened = false;

/** The query of the stream. The page's first stream states the page's age: it begins with an event only if there was
 *  one since, so that what has just been loaded is not fetched again. The clock that is ahead counts: one of them stops
 *  while the device sleeps. */
function streamQuery(watched) {
  const query = new URLSearchParams(watched.length ? { of: watched[0].dataset.of } : {});
  if (!hasListened) query.set("age", Math.ceil(Math.max(performance.now(), Date.now() - performance.timeOrigin)));
  hasListened = true;
  return query;
}

/** Open the stream of changes. A stream that has ended is replaced by one that begins with an event. */
function listen() {
  if (document.hidden || stream) return;
  const watched = document.querySelectorAll("[data-of]");
  stream = new EventSource(`/console/notifications/stream?${streamQuery(watched)}`);
  stream.addEventListener("look", async () => {
    const parts = [...document.querySelectorAll("[data-live]")].map(fetchPart);
    await Promise.all(openChats().map(fetchPart)); // first: the messages that it shows are read, and no longer counted
    await countNotifications();
    await Promise.all(parts);
    if (parts.length && !unreadBadge.hidden) countNotifications(); // the page of a match reads its own, for instance
  });
  stream.addEventListener("change", () => watched.forEach(fetchPart));
  stream.addEventListener("error", ({ target }) => {
    if (target !== stream) return;
    const delay = target.readyState === EventSource.CLOSED ? STREAM_RETRY_DELAY : RECONNECT_DELAY;
    target.close(); // by itself it would reconnect with the query of the first time
    stream = null;
    setTimeout(listen, delay);
  });
}

function watchNotifications() {
  listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { listen(); return; }
    stream?.close(); // the number of streams is limited
    stream = null;
  });
  setInterval(() => {
    if (!document.hidden && stream?.readyState !== EventSource.OPEN) countNotifications();
  }, COUNT_INTERVAL);
}

const SUBMIT_TIMEOUT = 10_000; // ms: after that no answer is expected, or it was a file and the page is still open
const sentAt = new WeakMap();

/** Whether a form that leads to another page is submitted again before the answer: a double click, a second Enter. */
function isSentTwice(form, button) {
  if (form.method !== "post" || "say" in form.dataset || "act" in form.dataset || "quick" in form.dataset) return false;
  const before = sentAt.get(form);
  if (before?.button === button && performance.now() - before.at < SUBMIT_TIMEOUT) return true;
  sentAt.set(form, { button, at: performance.now() });
  button?.setAttribute("aria-busy", "true");
  setTimeout(() => button?.removeAttribute("aria-busy"), SUBMIT_TIMEOUT);
  return false;
}
addEventListener("pageshow", ({ persisted }) => { // after the browser's back button the form may be submitted again
  if (!persisted) return;
  for (const form of document.forms) sentAt.delete(form);
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) { event.preventDefault(); return; }
  if (!navigator.onLine && form.method === "post" && main?.dataset.unreachable && !("say" in form.dataset)) {
    event.preventDefault(); // the browser's own page would replace what was typed
    event.stopImmediatePropagation();
    toast(main.dataset.unreachable, { bad: true });
    return;
  }
  if (isSentTwice(form, event.submitter)) { event.preventDefault(); return; }
  if ("act" in form.dataset) { event.preventDefault(); await submitCardAction(form, new FormData(form, event.submitter)); return; }
  if (!("say" in form.dataset)) return;
  event.preventDefault();
  if (form.querySelector("button:disabled")) return; // a second Enter before the answer
  const fields = new FormData(form, event.submitter);
  const field = form.querySelector("textarea");
  const sent = field.value;
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  const result = await post(form.getAttribute("action"), fields);
  buttons.forEach((button) => { button.disabled = false; });
  if (!result) return;
  toast(result.message);
  if (field.value === sent) form.reset();
  else if (field.value.startsWith(sent)) { // somebody has begun the next message
    field.value = field.value.slice(sent.length).trimStart();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (document.activeElement === document.body || form.contains(document.activeElement)) field.focus();
  const log = document.getElementById("message-log");
  log.scrollTop = log.scrollHeight; // where it stays when the message arrives
  fetchPart(log);
});

/** Post an action of this page; returns what `post` does. Parts that were fetched before or during the action are not shown. */
export async function postAction(path, fields) {
  actionsStarted += 1;
  actionsInProgress += 1;
  const answer = await post(path, fields);
  actionsInProgress -= 1;
  document.dispatchEvent(new Event("acted"));
  return answer;
}

/** Act on a card: it is removed immediately, and restored if the server refuses the action or the user undoes it. */
async function submitCardAction(form, fields) {
  const card = form.closest("article");
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const mark = document.createComment("");
  card.replaceWith(mark);
  (next?.querySelector("[data-act] button") ?? document.getElementById("content"))?.focus({ preventScroll: true });
  const restore = () => { mark.replaceWith(card); card.querySelector("[data-act] button")?.focus(); };
  const result = await postAction(form.getAttribute("action"), fields);
  if (!result) { restore(); return; }
  toast(result.message, { undo: result.undo && (async () => {
    const undone = await postAction("/console/undo", { what: result.undo });
    if (!undone) return;
    toast(undone.message);
    if (mark.isConnected) restore();
  }) });
}

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key === "Enter" && !event.shiftKey && box.matches?.(".compose textarea")) {
    event.preventDefault();
    box.form.requestSubmit();
  }
});

// Remove photos that cannot be loaded, also in parts that are loaded later, so that the drawing below is visible. Errors do not bubble.
document.addEventListener("error", ({ target }) => { if (target.matches?.(".photo img")) target.remove(); }, true);
for (const image of document.querySelectorAll(".photo img")) if (image.complete && !image.naturalWidth) image.remove();
for (const element of document.querySelectorAll("[data-poll]")) setTimeout(poll, Number(element.dataset.every), element);
for (const element of document.querySelectorAll("[data-bottom]")) element.scrollTop = element.scrollHeight;
const waiting = document.querySelector("[data-refresh]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.refresh));
if (document.activeElement === document.body) document.querySelector("[data-focus]")?.focus(); // unless somebody types already
if (unreadBadge) watchNotifications();
unfold(document);
wide.addEventListener("change", () => unfold(document));
if (document.querySelector("[data-list], [data-typed]")) rememberList();
const toList = document.querySelector("a[data-to-list]");
if (toList) toList.search = sessionStorage.getItem(`list ${toList.pathname}`) ?? toList.search;
localTimes();
// Scroll a row of tabs or a menu that is wider than a phone to its current item.
for (const tab of document.querySelectorAll(".tabs [aria-current], .menu [aria-current]:not(.notifications)")) {
  const row = tab.parentElement;
  row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - tab.clientWidth) / 2;
}
