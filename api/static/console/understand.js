// Shows the server's reading of a text beside it while the user types.
const TYPING_DELAY = 300; // ms after the last key
const csrf = document.querySelector("input[name=csrf]")?.value ?? "";

for (const box of document.querySelectorAll("[data-understand]")) {
  const shown = document.getElementById(`${box.id}-understood`);
  let timer = 0;
  let lastRequest = 0;
  const ask = async () => {
    const request = ++lastRequest;
    const body = new URLSearchParams({ text: box.value, of: box.dataset.understand });
    try {
      const answer = await fetch("/console/understand", { method: "POST", body, headers: { "X-CSRF-Token": csrf } });
      // An older answer must not replace a newer one.
      if (answer.ok && !answer.redirected && request === lastRequest) shown.innerHTML = await answer.text();
    } catch { /* the next key repeats the request */ }
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_DELAY);
  });
  if (box.value.trim()) ask();
}
