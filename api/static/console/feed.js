// The feed: drag the card, press a button or an arrow key. The action is posted, then the next card is fetched as markup.
import { post, refresh } from "./console.js";
import { toast } from "./toast.js";

const deck = document.getElementById("deck");
const SWIPE_DISTANCE = 110; // px: a card dragged at least this far is swiped
const TAP_DISTANCE = 6; // px: a card moved less was tapped, and its home opens
const EXIT_TRANSFORMS = { like: [600, 0, 18], dislike: [-600, 0, -18], favorite: [0, -500, 0] };
let busy = false;
let isCardActedOn = false; // the next card could not be fetched, so another action must not be taken on this one

async function act(action) {
  const card = document.getElementById("swipe");
  if (busy || (!card && action !== "undo")) return;
  busy = true;
  deck.ariaBusy = "true";
  if (!isCardActedOn || action === "undo") await postAction(card, action);
  // Also after an error: a home that has left the market meanwhile must not block the next one.
  await showNext();
  busy = false;
  deck.ariaBusy = null;
}

async function postAction(card, action) {
  if (card && EXIT_TRANSFORMS[action]) {
    const [x, y, turn] = EXIT_TRANSFORMS[action];
    card.classList.add("away");
    card.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg)`;
  }
  const result = action === "undo"
    ? await post("/console/feed/undo", {})
    : await post(`/console/feed/${card.dataset.listing}`, { action });
  if (result) {
    isCardActedOn = true;
    document.getElementById("toasts").replaceChildren();
    toast(result.message);
  } else if (card) {
    card.classList.remove("away");
    card.style.transform = "";
  }
}

async function showNext() {
  try {
    const answer = await fetch("/console/feed?part=1");
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    refresh(deck, await answer.text());
    isCardActedOn = false;
  } catch { // the next action fetches it
    toast(document.querySelector("[data-csrf]").dataset.unreachable, { bad: true });
  }
}

deck.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  act(button.name === "action" ? button.value : "undo");
});

const KEYS = { ArrowLeft: "dislike", ArrowRight: "like", ArrowUp: "favorite", Backspace: "undo" };
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  if (event.repeat) return; // a key that is held down would act on every next home
  act(KEYS[event.key]);
});

let start = null;
deck.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("#swipe");
  // Controls on the card are pressed, not dragged.
  if (!card || busy || event.button !== 0 || event.target.closest("a, summary, .score-reasons")) return;
  start = event.clientX;
  card.setPointerCapture(event.pointerId);
  card.classList.add("moving");
  card.classList.remove("back");
});
deck.addEventListener("pointermove", (event) => {
  const card = document.getElementById("swipe");
  if (start === null || !card) return;
  const x = event.clientX - start;
  card.style.transform = `translateX(${x}px) rotate(${x / 22}deg)`;
  card.querySelector(".stamp.yes").style.opacity = Math.max(0, Math.min(1, x / SWIPE_DISTANCE));
  card.querySelector(".stamp.no").style.opacity = Math.max(0, Math.min(1, -x / SWIPE_DISTANCE));
});
for (const kind of ["pointerup", "pointercancel"]) {
  deck.addEventListener(kind, (event) => {
    if (start === null) return;
    const card = document.getElementById("swipe");
    const x = kind === "pointerup" ? event.clientX - start : 0;
    start = null;
    if (!card) return; // a key was pressed meanwhile
    card.classList.remove("moving");
    if (kind === "pointerup" && Math.abs(x) < TAP_DISTANCE) { card.querySelector("a.open-home").click(); return; }
    if (Math.abs(x) >= SWIPE_DISTANCE) { act(x > 0 ? "like" : "dislike"); return; }
    card.classList.add("back");
    card.style.transform = "";
    for (const stamp of card.querySelectorAll(".stamp")) stamp.style.opacity = 0;
  });
}
