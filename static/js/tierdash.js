// The few things a page cannot say by itself. Every job works without this file.

// An answer that htmx does not put on the page (403, 500, no network) still tells the person.
function say(key) {
  const words = document.getElementById("words").content.querySelector(`[data-say="${key}"]`);
  document.getElementById("messages").replaceChildren(words.cloneNode(true));
}
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  say(status === 403 ? "refused" : status === 404 ? "gone" : status === 503 ? "busy" : "failed");
});
document.addEventListener("htmx:sendError", () => say("offline"));
document.addEventListener("htmx:timeout", () => say("offline"));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (button) button.closest(".message").remove();
});

// Sign-up: the browser knows the time zone.
for (const field of document.querySelectorAll("input[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// What is ready to be taken along: without this file, one selects it by hand.
function showCopying() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}
document.addEventListener("htmx:afterSettle", showCopying);
showCopying();
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  getSelection().selectAllChildren(text);
  // Only safe addresses have a clipboard; elsewhere the text stays selected, and the old command may still do it.
  try { await navigator.clipboard.writeText(text.textContent); } catch { if (!document.execCommand("copy")) return; }
  button.querySelector("span").textContent = button.dataset.copied;
});
