// Choosing or dropping a file.

// A browser labels a file field in its own language, not in the page's.
for (const pick of document.querySelectorAll(".pick")) {
  const field = pick.querySelector("input");
  const choose = Object.assign(document.createElement("span"), { className: "button small", textContent: pick.dataset.choose });
  const chosen = Object.assign(document.createElement("span"), { className: "chosen" });
  const nameFile = () => {
    const several = field.files.length > 1 && pick.dataset.several?.replace("#", field.files.length);
    chosen.textContent = several || (field.files[0]?.name ?? pick.dataset.none);
  };
  choose.ariaHidden = chosen.ariaHidden = "true"; // screen readers read the field itself
  pick.append(choose, chosen);
  pick.classList.add("ours");
  for (const name of ["change", "input"]) field.addEventListener(name, nameFile); // a script that changes the files says so by "input"
  nameFile();
  // The field covers its whole box, so that the browser itself accepts dropped files.
  for (const [name, isOver] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    pick.addEventListener(name, () => pick.classList.toggle("over", isOver));
  }
}

// The browser would open a file dropped outside the box instead of the page.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => { if (!event.target.closest?.(".pick")) event.preventDefault(); });
}
