// What the server understands of a text, shown beside it while somebody types.
const PAUSE = 300; // ms after the last key
const csrf = document.querySelector("input[name=csrf]")?.value ?? "";

for (const box of document.querySelectorAll("[data-understand]")) {
  const shown = document.getElementById(`${box.id}-understood`);
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const body = new URLSearchParams({ text: box.value, of: box.dataset.understand });
    try {
      const answer = await fetch("/console/understand", { method: "POST", body, headers: { "X-CSRF-Token": csrf } });
      // An older answer must not replace a newer one.
      if (answer.ok && !answer.redirected && mine === asked) shown.innerHTML = await answer.text();
    } catch { /* the next key asks again */ }
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  if (box.value.trim()) ask();
}
