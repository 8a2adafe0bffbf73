// The answer to a form, such as the form with its errors, takes the address of its page. So reloading it or coming back
// to it fetches the page; otherwise the browser asks whether to send the form again.

const { page } = document.documentElement.dataset;
if (page) history.replaceState(history.state, "", page === location.pathname ? location.href : page);
