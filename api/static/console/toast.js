// What is said in passing, where it covers nothing that can be pressed; with a way to take back what was just done.

const SHOWN = 5_000; // ms
const UNDO_SHOWN = 10_000; // ms
const STEP = 12; // px between two places that are tried
const EDGE = 12; // px from the window's edges
const USABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, label";

const box = document.getElementById("toasts");

/** Say something in passing; screen readers hear it too. *undo* is called by a button that is there for ten seconds. */
export function toast(text, { bad = false, undo = null } = {}) {
  if (!text) return;
  const said = document.createElement("div");
  said.className = bad ? "toast bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  said.append(words);
  const gone = () => { said.remove(); place(); };
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: box.dataset.undo });
    button.addEventListener("click", () => { gone(); undo(); });
    said.append(button);
  }
  box.append(said);
  place();
  setTimeout(gone, undo ? UNDO_SHOWN : SHOWN);
}

/** What can be pressed and is in sight, as rectangles. */
function usable() {
  return [...document.querySelectorAll(USABLE)]
    .filter((each) => !box.contains(each))
    .map((each) => each.getBoundingClientRect())
    .filter((each) => each.width && each.bottom > 0 && each.top < innerHeight);
}

const meet = (one, x, y, width, height) => one.left < x + width && one.right > x && one.top < y + height && one.bottom > y;

/** Put the toasts where they cover nothing that can be pressed: the lowest such place at the right, else at the left. */
function place() {
  if (!box.children.length) return;
  const { width, height } = box.getBoundingClientRect();
  const taken = usable();
  const columns = [innerWidth - width - EDGE, EDGE, (innerWidth - width) / 2];
  let best = null;
  for (const x of columns) {
    for (let y = innerHeight - height - EDGE; y >= EDGE; y -= STEP) {
      const covered = taken.filter((each) => meet(each, x, y, width, height)).length;
      if (!best || covered < best.covered) best = { x, y, covered };
      if (!covered) break;
    }
    if (best?.covered === 0) break;
  }
  box.style.left = `${best.x}px`;
  box.style.top = `${best.y}px`;
}

let asked = false;
for (const what of ["scroll", "resize"]) {
  addEventListener(what, () => {
    if (asked || !box.children.length) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; place(); });
  }, { passive: true });
}
