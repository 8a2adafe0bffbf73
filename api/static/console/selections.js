// Copies the link of a selection; without scripts users copy it from the field. The class, unlike an attribute of the
// button, stays when a live part of the page is replaced.
document.documentElement.classList.toggle("copies", Boolean(navigator.clipboard));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try { await navigator.clipboard.writeText(field.value); } catch { // not permitted: the link can be copied by keys
    field.focus();
    return;
  }
  button.querySelector("[data-words]").textContent = button.dataset.done;
});
