// The address of a page is one to reload and come back to: it repeats neither a form nor the note about what it has done.

const query = new URLSearchParams(location.search);

/** Whether this page says what a form has done. */
export const hasOutcome = query.has("outcome");

// The answer to a form, such as the form with its errors, takes the address of its page; otherwise the browser asks whether
// to send the form again.
const { page } = document.documentElement.dataset;
if (page && page !== location.pathname) history.replaceState(history.state, "", page);
else if (page || hasOutcome) {
  query.delete("outcome");
  query.delete("undo");
  history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
}
