// Groups the digits of amounts by three while the user types. Words («12 млн») and anything else stay as typed; the
// server reads all of it, so forms also work without this file.

const BLANK = "\u00a0";
const PLAIN = /^\d{1,15}(?:[.,]\d{0,2})?$/;

const withoutBlanks = (text) => text.replace(/[\s\u00a0\u202f]/g, "");

function grouped(text) {
  const bare = withoutBlanks(text);
  if (!PLAIN.test(bare)) return text;
  const [, whole, fraction] = bare.match(/^(\d+)(.*)$/);
  return whole.replace(/\B(?=(\d{3})+$)/g, BLANK) + fraction;
}

/** The caret's position after *count* characters, not counting blanks. */
function positionAfter(text, count) {
  let position = 0;
  for (let seen = 0; seen < count; position++) if (withoutBlanks(text[position])) seen += 1;
  return position;
}

document.addEventListener("input", ({ target, isComposing }) => {
  if (isComposing || !target.matches?.("[data-amount]")) return;
  const shown = grouped(target.value);
  if (shown === target.value) return;
  const before = withoutBlanks(target.value.slice(0, target.selectionStart)).length;
  target.value = shown;
  if (document.activeElement !== target) return;
  const position = positionAfter(shown, before);
  target.setSelectionRange(position, position);
}, true);

// A key that would delete a blank between groups deletes the digit beyond it, because the blank would only reappear.
document.addEventListener("beforeinput", ({ target, inputType }) => {
  if (!target.matches?.("[data-amount]") || target.selectionStart !== target.selectionEnd) return;
  const position = target.selectionStart;
  if (inputType === "deleteContentBackward" && target.value[position - 1] === BLANK) target.setSelectionRange(position - 1, position - 1);
  if (inputType === "deleteContentForward" && target.value[position] === BLANK) target.setSelectionRange(position + 1, position + 1);
});

// Submitted values have no blanks, so that addresses of filtered lists stay short.
document.addEventListener("formdata", ({ target, formData }) => {
  for (const field of target.querySelectorAll("[data-amount][name]")) {
    const bare = withoutBlanks(field.value);
    if (PLAIN.test(bare) && formData.getAll(field.name).length === 1) formData.set(field.name, bare);
  }
});
