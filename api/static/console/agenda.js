// Tasks and shortlists: the browser's time zone for users who never chose one, and stars that change in place.
import { postAction } from "./console.js";
import { toast } from "./toast.js";

for (const field of document.querySelectorAll("[data-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  if (field.value) document.getElementById(field.dataset.zone).textContent = field.value;
}

const inProgress = new Set(); // forms of stars

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("star" in form.dataset)) return;
  event.preventDefault();
  if (inProgress.has(form)) return; // a second press before the answer
  inProgress.add(form);
  const button = form.querySelector("button");
  const show = (isOn) => { button.setAttribute("aria-pressed", isOn); button.value = isOn ? "0" : "1"; };
  const isOn = button.value === "1";
  const fields = new FormData(form, button);
  show(isOn);
  const result = await postAction(form.getAttribute("action"), fields);
  inProgress.delete(form);
  if (result) toast(result.message); else show(!isOn);
});
