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
  const childOfKey = new Map([...keys].map(([child, key]) => [key, child]));
  const freshKeys = keysOf(fresh);
  const keptKeys = new Set(freshKeys.values());
  let next = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    if (node.nodeType !== Node.ELEMENT_NODE) {
      if (next?.nodeType !== node.nodeType) { old.insertBefore(node, next); continue; }
      if (next.data !== node.data) next.data = node.data;
      next = next.nextSibling;
      continue;
    }
    const now = childOfKey.get(freshKeys.get(node));
    if (!now) { old.insertBefore(node, next); continue; }
    while (next && next !== now && !keptKeys.has(keys.get(next))) next = removeNode(next);
    if (now === next) next = next.nextSibling; else old.insertBefore(now, next);
    patchAttributes(now, node);
    patch(now, node);
  }
  while (next) next = removeNode(next);
}
