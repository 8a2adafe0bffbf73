// Telegram puts its signed data into the address's fragment, which only a script can read: post it to the server.
const form = document.getElementById("telegram");
const result = new URLSearchParams(location.hash.slice(1)).get("tgAuthResult");
if (result) {
  form.elements.result.value = result;
  history.replaceState(null, "", location.pathname);
  form.submit();
} else {
  location.replace("/console/sign-in");
}
