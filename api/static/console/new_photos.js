import { isFormSaved } from "./form_keys.js";

// Photos of a property that is not saved yet: small previews in their order, with buttons to move and remove them.

const box = document.querySelector("[data-new-photos]");
const field = box.querySelector("input[type=file]");
const list = box.querySelector(".photo-order");
const order = box.querySelector("[name=photo_order]");
const lines = document.querySelector("textarea[name=photos]");
const files = new Map(); // item -> its file

const linksOf = () => lines.value.split("\n").map((line) => line.trim()).filter(Boolean);
const isSame = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

/** Put the files into the file field in their order; `photo_order` contains their positions among the addresses. */
function syncFields() {
  const holder = new DataTransfer();
  const addresses = linksOf();
  const names = [];
  for (const item of list.children) {
    if (files.has(item)) names.push(`f${holder.items.add(files.get(item)) && holder.files.length - 1}`);
    else names.push(`k${addresses.indexOf(item.dataset.link)}`);
  }
  field.files = holder.files;
  field.dispatchEvent(new Event("input"));
  history.replaceState({ ...history.state, photos: [...holder.files].map((file) => file.name) }, "");
  order.value = names.join(" ");
  [...list.children].forEach((item, index) => {
    for (const button of item.querySelectorAll("button")) button.ariaLabel = button.dataset.words.replace("#", index + 1);
    item.querySelector("[data-move='-1']").disabled = index === 0;
    item.querySelector("[data-move='1']").disabled = index === list.children.length - 1;
  });
}

function withButtons(item) {
  item.append(box.querySelector("template[data-buttons]").content.cloneNode(true));
  for (const button of item.querySelectorAll("button")) button.dataset.words = button.ariaLabel;
  return item;
}

/** Show a small preview; if the browser cannot read the picture, its name stays. */
async function showPreview(item, file) {
  try {
    const picture = await createImageBitmap(file, { resizeWidth: 320 });
    const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
    canvas.getContext("2d").drawImage(picture, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.ariaLabel = file.name;
    item.querySelector(".name").replaceWith(canvas);
  } catch { /* HEIC, or not a picture: the server reports it */ }
}

function addFile(file) {
  if ([...files.values()].some((each) => isSame(each, file))) return;
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("span"), { className: "name small", textContent: file.name }));
  list.append(withButtons(item));
  files.set(item, file);
  showPreview(item, file);
}

field.addEventListener("change", () => { // a second choice adds to the first
  box.querySelector("[data-lost-photos]").hidden = true;
  for (const file of [...field.files]) addFile(file);
  syncFields();
});

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const item = button?.closest("li");
  if (!item) return;
  const offset = Number(button.dataset.move);
  const next = item.nextElementSibling ?? item.previousElementSibling;
  if (offset < 0) item.previousElementSibling?.before(item);
  else if (offset > 0) item.nextElementSibling?.after(item);
  else {
    item.remove();
    if (!files.delete(item)) lines.value = linksOf().filter((link) => link !== item.dataset.link).join("\n");
  }
  syncFields();
  (offset ? (button.disabled ? item.querySelector("button:enabled") : button) : (next?.querySelector("button:enabled") ?? field)).focus();
});

/** After the browser's back button the field of files is empty: name the files, unless they were saved. */
function showLostPhotos() {
  const names = history.state?.photos ?? [];
  const note = box.querySelector("[data-lost-photos]");
  if (!names.length || isFormSaved()) return;
  note.textContent = note.textContent.replace("#", names.join(", "));
  note.hidden = false;
}

showLostPhotos();
// Addresses typed later are not items here: the server puts them after the others.
[...list.children].forEach(withButtons);
syncFields();
