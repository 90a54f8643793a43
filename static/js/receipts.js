// Receipts: files dropped onto a line of the ledger or onto a form, or chosen straight from a line. Without this file
// a line's link leads to a page with a plain field.

const FILES = "Files";
const sender = () => document.getElementById("receipt-drop");
const placeOf = (target) => target instanceof Element ? target.closest("[data-drop]") : null;

function mark(place) {
  for (const marked of document.querySelectorAll(".is-dropped-on")) if (marked !== place) marked.classList.remove("is-dropped-on");
  place?.classList.add("is-dropped-on");
}

// A file that misses its place must not be opened instead of the page.
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes(FILES)) return;
  event.preventDefault();
  const place = placeOf(event.target);
  event.dataTransfer.dropEffect = place ? "copy" : "none";
  mark(place);
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes(FILES)) return;
  event.preventDefault();
  mark(null);
  const place = placeOf(event.target);
  if (!place || !event.dataTransfer.files.length) return;
  if (place.dataset.drop) send(place, event.dataTransfer.files);
  else choose(place.querySelector("input[type=file]"), event.dataTransfer.files);
});

// Beside what was chosen before: dropping twice adds.
function choose(field, files) {
  const all = new DataTransfer();
  for (const file of [...field.files, ...files]) all.items.add(file);
  field.files = all.files;
  field.dispatchEvent(new Event("change", {bubbles: true}));
}

// Send files to a line's payment: through the one form that is there for it.
function send(line, files) {
  const form = sender(), total = [...files].reduce((sum, file) => sum + file.size, 0);
  if (total > form.dataset.most) return say("large");
  const held = new DataTransfer();
  for (const file of files) held.items.add(file);
  form.elements.receipts.files = held.files;
  form.dataset.to = line.dataset.drop;
  line.setAttribute("aria-busy", "true");
  form.requestSubmit();
}
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target === sender()) event.detail.path = sender().dataset.to;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== sender()) return;
  sender().reset();
  for (const line of document.querySelectorAll("[data-drop][aria-busy]")) line.removeAttribute("aria-busy");
});

// "Attach" opens the choice of files at once.
document.addEventListener("click", (event) => {
  const line = event.target.closest("[data-attach]")?.closest("[data-drop]");
  if (!line || !sender() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const field = document.createElement("input");
  Object.assign(field, {type: "file", multiple: true, accept: sender().elements.receipts.accept});
  field.addEventListener("change", () => { if (field.files.length) send(line, field.files); });
  field.click();
});
