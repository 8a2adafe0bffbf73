// Short messages, placed where they cover no control, with a button that undoes the last action.

const SHOWN = 5_000; // ms
const UNDO_SHOWN = 10_000; // ms
const STEP = 12; // px between two positions that are tried
const EDGE = 12; // px from the window's edges
const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, label";

const box = document.getElementById("toasts");

/** Show a message for a few seconds, also to screen readers. *undo* is called by a button that is shown for ten seconds. */
export function toast(text, { bad = false, undo = null } = {}) {
  if (!text) return;
  // A repeated message, such as that of a lost connection, replaces the previous one.
  for (const each of box.children) if (!undo && each.textContent === text) each.remove();
  const message = document.createElement("div");
  message.className = bad ? "toast bad" : "toast";
  const label = document.createElement("span");
  label.textContent = text;
  message.append(label);
  const dismiss = () => { message.remove(); place(); };
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: box.dataset.undo });
    button.setAttribute("aria-keyshortcuts", "Control+Z");
    button.append(" ", Object.assign(document.createElement("kbd"), { textContent: "Ctrl+Z", ariaHidden: "true" }));
    button.addEventListener("click", () => { dismiss(); undo(); });
    message.append(button);
  }
  box.append(message);
  place();
  // A toast stays while the pointer or the keyboard is on it.
  const end = () => { if (message.matches(":hover, :focus-within")) setTimeout(end, SHOWN); else dismiss(); };
  setTimeout(end, undo ? UNDO_SHOWN : SHOWN);
}

// Tab reaches a toast's button after all others, so a key presses the newest one.
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyZ" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const button = [...box.querySelectorAll("button")].at(-1);
  if (!button || event.target.matches("textarea, select, input:not([type=checkbox])")) return;
  event.preventDefault();
  button.click();
});

/** The rectangles of all visible controls. */
function visibleControls() {
  return [...document.querySelectorAll(CONTROLS)]
    .filter((each) => !box.contains(each))
    .map((each) => each.getBoundingClientRect())
    .filter((each) => each.width && each.bottom > 0 && each.top < innerHeight);
}

const overlaps = (one, x, y, width, height) => one.left < x + width && one.right > x && one.top < y + height && one.bottom > y;

/** Place the messages where they cover no control: the lowest such position at the right, else at the left. */
function place() {
  if (!box.children.length) return;
  const { width, height } = box.getBoundingClientRect();
  const taken = visibleControls();
  const columns = [innerWidth - width - EDGE, EDGE, (innerWidth - width) / 2];
  let best = null;
  for (const x of columns) {
    for (let y = innerHeight - height - EDGE; y >= EDGE; y -= STEP) {
      const covered = taken.filter((each) => overlaps(each, x, y, width, height)).length;
      if (!best || covered < best.covered) best = { x, y, covered };
      if (!covered) break;
    }
    if (best?.covered === 0) break;
  }
  box.style.left = `${best.x}px`;
  box.style.top = `${best.y}px`;
}

let isScheduled = false;
for (const what of ["scroll", "resize"]) {
  addEventListener(what, () => {
    if (isScheduled || !box.children.length) return;
    isScheduled = true;
    requestAnimationFrame(() => { isScheduled = false; place(); });
  }, { passive: true });
}
