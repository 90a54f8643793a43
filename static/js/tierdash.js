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

// A text to be copied: the button appears where a script can copy, and says when it has.
function offerCopies(root) {
  if (navigator.clipboard) for (const button of root.querySelectorAll("[data-copies][hidden]")) button.hidden = false;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
  const [word, , done] = button.querySelectorAll("span");
  word.hidden = true;
  done.hidden = false;
});
document.addEventListener("htmx:load", (event) => offerCopies(event.detail.elt));
