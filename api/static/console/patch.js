// Give a part of the page new contents, changing only what differs, so that the reader's input and open folds are kept.

/** Whether the reader controls this attribute: folds stay open or closed, and text fields keep their size. */
const isReaderControlled = (element, name) => (name === "open" && element.nodeName === "DETAILS") || (name === "style" && element.nodeName === "TEXTAREA");

/** Child -> key: its id, or else its kind (tag and first class) and its number among the children of that kind. */
function keysOf(parent) {
  const kinds = new Map();
  return new Map([...parent.children].map((child) => {
    const own = child.getAttribute("id") || child.dataset?.listing;
    if (own) return [child, `${child.nodeName}#${own}`];
    const kind = `${child.nodeName}.${child.classList[0] ?? ""}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    return [child, `${kind} ${kinds.get(kind)}`];
  }));
}

function patchAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !isReaderControlled(old, name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !isReaderControlled(old, name)) old.setAttribute(name, value);
}

/** Remove *node* and return the node after it. */
function removeNode(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Give *old* the contents of *fresh*. A child keeps its element when children around it are added, removed or moved. */
export function patch(old, fresh) {
  const keys = keysOf(old);
  const present = new Map([...keys].map(([child, key]) => [key, child]));
  const freshKeys = keysOf(fresh);
  const wanted = new Set(freshKeys.values());
  let place = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    if (node.nodeType !== Node.ELEMENT_NODE) {
      if (place?.nodeType !== node.nodeType) { old.insertBefore(node, place); continue; }
      if (place.data !== node.data) place.data = node.data;
      place = place.nextSibling;
      continue;
    }
    const now = present.get(freshKeys.get(node));
    if (!now) { old.insertBefore(node, place); continue; }
    while (place && place !== now && !wanted.has(keys.get(place))) place = removeNode(place);
    if (now === place) place = place.nextSibling; else old.insertBefore(now, place);
    patchAttributes(now, node);
    patch(now, node);
  }
  while (place) place = removeNode(place);
}
