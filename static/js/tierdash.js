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

// A value to copy; without permission for the clipboard it is selected, for the keyboard's own copying.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  navigator.clipboard?.writeText(field.value).then(() => { button.textContent = button.dataset.done; }, () => {});
});

// Sign-up: the browser knows the time zone.
for (const field of document.querySelectorAll("input[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
