// Photos of a home: a large view with keyboard control, and immediate upload of chosen or dropped files.

const gallery = document.querySelector("[data-gallery]");

function button(label, text, onClick) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: text, ariaLabel: label });
  made.addEventListener("click", onClick);
  return made;
}

if (gallery) {
  const links = [...gallery.querySelectorAll(".gallery-strip a")];
  const strip = gallery.querySelector(".gallery-strip");
  const thumbs = [...gallery.querySelectorAll("[data-thumb]")];
  const dialog = Object.assign(document.createElement("dialog"), { className: "lightbox" });
  const picture = document.createElement("img");
  picture.referrerPolicy = "no-referrer";
  const count = document.createElement("span");
  let shown = 0;
  const show = (number) => {
    shown = (number + links.length) % links.length;
    const small = links[shown].querySelector("img");
    picture.src = links[shown].href;
    picture.alt = small.alt;
    count.textContent = `${small.alt} · ${shown + 1} / ${links.length}`;
    dialog.setAttribute("aria-label", small.alt);
  };
  const top = document.createElement("div");
  const bottom = document.createElement("div");
  top.className = bottom.className = "bar-of";
  count.setAttribute("role", "status");
  top.append(count, button(gallery.dataset.close, "✕", () => dialog.close()));
  if (links.length > 1) bottom.append(button(gallery.dataset.earlier, "←", () => show(shown - 1)), button(gallery.dataset.later, "→", () => show(shown + 1)));
  dialog.append(top, picture, bottom);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    else if (event.key === "ArrowRight") show(shown + 1);
  });
  dialog.addEventListener("close", () => links[shown].focus());
  document.body.append(dialog);
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(Number(link.dataset.number));
      dialog.showModal();
    });
  }
  const mark = (number) => thumbs.forEach((thumb, index) => {
    if (index === number) thumb.setAttribute("aria-current", "true"); else thumb.removeAttribute("aria-current");
  });
  for (const thumb of thumbs) {
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      strip.scrollTo({ left: strip.children[Number(thumb.dataset.thumb)].offsetLeft - strip.offsetLeft });
    });
  }
  strip.addEventListener("scroll", () => mark(Math.round(strip.scrollLeft / (strip.clientWidth || 1))), { passive: true });
  mark(0);
}

for (const form of document.querySelectorAll("[data-upload]")) {
  form.querySelector("input[type=file]").addEventListener("change", () => {
    const send = form.querySelector("button");
    send.textContent = form.dataset.sending;
    form.requestSubmit();
    send.disabled = true;
  });
}
