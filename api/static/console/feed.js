// The feed: drag the card, press a button or an arrow key. What is done is posted; the next card comes as markup.
import { post, refresh } from "./console.js";
import { toast } from "./toast.js";

const deck = document.getElementById("deck");
const FAR = 110; // px: dragged so far, the card goes
const TAP = 6; // px: moved less, the card was tapped, and its home opens
const AWAY = { like: [600, 0, 18], dislike: [-600, 0, -18], favorite: [0, -500, 0] };
let busy = false;

async function act(action) {
  const card = document.getElementById("swipe");
  if (busy || (!card && action !== "undo")) return;
  busy = true;
  if (card && AWAY[action]) {
    const [x, y, turn] = AWAY[action];
    card.classList.add("away");
    card.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg)`;
  }
  const said = action === "undo"
    ? await post("/console/feed/undo", {})
    : await post(`/console/feed/${card.dataset.listing}`, { action });
  if (!said && card) {
    card.classList.remove("away");
    card.style.transform = "";
  }
  // Also after a refusal: a home that has left the market meanwhile must not stand in the way of the next.
  try {
    const answer = await fetch("/console/feed?part=1");
    if (answer.ok && !answer.redirected) refresh(deck, await answer.text());
  } catch { /* the next try will tell */ }
  if (said) {
    document.getElementById("toasts").replaceChildren();
    toast(said.said);
  }
  busy = false;
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
  act(KEYS[event.key]);
});

let start = null;
deck.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("#swipe");
  // What can be pressed on the card is pressed, not dragged.
  if (!card || busy || event.button !== 0 || event.target.closest("a, summary, .why")) return;
  start = event.clientX;
  card.setPointerCapture(event.pointerId);
  card.classList.add("moving");
  card.classList.remove("back");
});
deck.addEventListener("pointermove", (event) => {
  if (start === null) return;
  const card = document.getElementById("swipe");
  const x = event.clientX - start;
  card.style.transform = `translateX(${x}px) rotate(${x / 22}deg)`;
  card.querySelector(".stamp.yes").style.opacity = Math.max(0, Math.min(1, x / FAR));
  card.querySelector(".stamp.no").style.opacity = Math.max(0, Math.min(1, -x / FAR));
});
for (const kind of ["pointerup", "pointercancel"]) {
  deck.addEventListener(kind, (event) => {
    if (start === null) return;
    const card = document.getElementById("swipe");
    const x = kind === "pointerup" ? event.clientX - start : 0;
    start = null;
    card.classList.remove("moving");
    if (kind === "pointerup" && Math.abs(x) < TAP) { card.querySelector("a.open-home").click(); return; }
    if (Math.abs(x) >= FAR) { act(x > 0 ? "like" : "dislike"); return; }
    card.classList.add("back");
    card.style.transform = "";
    for (const stamp of card.querySelectorAll(".stamp")) stamp.style.opacity = 0;
  });
}
