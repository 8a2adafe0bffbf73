// A file is chosen or dropped; a page of an import that has come to its end shows its report.

// A browser's own words on a file field are in its language, not in the page's.
for (const pick of document.querySelectorAll(".pick")) {
  const field = pick.querySelector("input");
  const choose = Object.assign(document.createElement("span"), { className: "button small", textContent: pick.dataset.choose });
  const chosen = Object.assign(document.createElement("span"), { className: "chosen" });
  const nameFile = () => {
    const several = field.files.length > 1 && pick.dataset.several?.replace("#", field.files.length);
    chosen.textContent = several || (field.files[0]?.name ?? pick.dataset.none);
  };
  choose.ariaHidden = chosen.ariaHidden = "true"; // the field says it to screen readers
  pick.append(choose, chosen);
  pick.classList.add("ours");
  field.addEventListener("change", nameFile);
  nameFile();
  // The field lies over its whole box, so that a browser takes what is dropped there by itself.
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    pick.addEventListener(name, () => pick.classList.toggle("over", over));
  }
}

// A file that misses the box would be opened by the browser in the page's place.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => { if (!event.target.closest?.(".pick")) event.preventDefault(); });
}

const part = document.getElementById("import-part");
if (part) {
  new MutationObserver(() => {
    if (part.querySelector("[data-ended]")) location.reload();
  }).observe(part, { childList: true, subtree: true });
}
