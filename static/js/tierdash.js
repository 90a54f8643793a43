// The few things a page cannot say by itself. Every job works without this file.

// An answer that htmx does not put on the page (403, 500, no network) still tells the person.
function say(key) {
  const words = document.getElementById("words").content.querySelector(`[data-say="${key}"]`);
  document.getElementById("messages").replaceChildren(words.cloneNode(true));
}
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  say({403: "refused", 404: "gone", 413: "large", 503: "busy"}[status] ?? "failed");
});
document.addEventListener("htmx:sendError", () => say("offline"));
document.addEventListener("htmx:timeout", () => say("offline"));

// What was said of the last thing done must not stand over the next one as if it had gone well. An undo of a message
// needs its place until the answer has come.
document.addEventListener("htmx:beforeRequest", (event) => {
  const said = document.getElementById("messages");
  if (event.detail.requestConfig.verb !== "get" && !said.contains(event.detail.elt)) said.replaceChildren();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (button) button.closest(".message").remove();
});

// What is ready to be taken along. Without this file one selects it by hand.
function showCopying() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}
document.addEventListener("htmx:afterSettle", showCopying);
showCopying();
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const held = document.getElementById(button.dataset.copy);
  if (held.select) held.select();
  else getSelection().selectAllChildren(held);
  // Only safe addresses have a clipboard; elsewhere it stays selected, and the old command may still copy it.
  try { await navigator.clipboard.writeText(held.value ?? held.textContent); } catch { if (!document.execCommand("copy")) return; }
  button.querySelector("span").textContent = button.dataset.done;
});

// Sign-up: the browser knows the time zone.
for (const field of document.querySelectorAll("input[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// The payment form says what is typed and in which currency, so that the stylesheet shows what that needs (payments.css), and
// works out the sum in dollars as the ledger does: exactly, half to even.
function scaled(text, places) {
  const read = /^[-+]?(\d[\d,]*)(?:\.(\d+))?$/.exec(text);
  return read && (read[2] ?? "").length <= places ? BigInt(read[1].replaceAll(",", "") + (read[2] ?? "").padEnd(places, "0")) : null;
}
function inDollars(gross, tax, rate) {
  const [amount, part, price] = [scaled(gross, 4), scaled(tax || "0", 4), scaled(rate, 10)];
  if (amount === null || part === null || price === null || part > amount) return "";
  const exact = (amount - part) * price, cent = 10n ** 12n, rest = exact % cent * 2n;
  const cents = exact / cent + (rest > cent || (rest === cent && exact / cent % 2n) ? 1n : 0n);
  return `= $${(cents / 100n).toLocaleString("en")}.${String(cents % 100n).padStart(2, "0")}`;
}
function weigh(paying) {
  const said = (name) => paying.querySelector(`[name$="${name}"]`).value.trim();
  for (const part of paying.querySelectorAll(".is-needed > *")) {
    part.toggleAttribute("data-typed", Boolean(part.querySelector("input, select").value));
  }
  paying.toggleAttribute("data-foreign", !["", "USD"].includes(said("currency").toUpperCase()));
  paying.querySelector(".sum").value = paying.matches("[data-foreign]") ? inDollars(said("gross"), said("tax"), said("rate")) : "";
}
function weighAll() {
  document.querySelectorAll(".paying").forEach(weigh);
}
document.addEventListener("input", (event) => {
  const paying = event.target.closest(".paying");
  if (paying) weigh(paying);
});
document.addEventListener("htmx:afterSettle", weighAll);

// What takes the place of a form that was typed into asks first.
function isTyped(form) {
  return [...form.elements].some((field) => field.options
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue);
}
document.addEventListener("htmx:confirm", (event) => {
  const words = event.detail.elt.dataset.ask;
  if (!words || !isTyped(document.getElementById("payment-form"))) return;
  event.preventDefault();
  if (confirm(words)) event.detail.issueRequest(true);
});

// Forms that ask while one chooses come back with the answer, holding what was sent. A field that was typed into since
// stays: leaving it asks again.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const {target, fragment} = event.detail, field = document.activeElement;
  if (!target.matches("[data-echo]") || !target.contains(field) || !field.matches("input[id]")) return;
  const sent = fragment.querySelector(`#${CSS.escape(field.id)}`);
  if (sent && sent.value !== field.value) event.detail.shouldSwap = false;
});

// What was typed into a form whose session had ended comes back after the sign-in. It is kept in this tab alone, never
// passwords nor what a form wants forgotten, and only until the next page that is not part of signing in.
const TYPED = "typed", DOORS = "/account/";
function keep(form) {
  if (form.method !== "post" || location.pathname.startsWith(DOORS)) return;
  sessionStorage.removeItem(TYPED);
  const fields = [...form.elements].filter((field) => field.name && !["hidden", "file", "submit"].includes(field.type));
  if (!fields.length || form.querySelector("[type=password], [data-forget]")) return;
  const values = fields.map((field) => [field.name, field.value, field.checked]);
  sessionStorage.setItem(TYPED, JSON.stringify({page: location.pathname, action: form.getAttribute("action"), values}));
}
function bringBack() {
  const typed = JSON.parse(sessionStorage.getItem(TYPED) || "null");
  if (!typed) return;
  if (location.pathname.startsWith(DOORS)) {
    sessionStorage.setItem(TYPED, JSON.stringify({...typed, atDoor: true}));
    return;
  }
  sessionStorage.removeItem(TYPED);
  const form = [...document.forms].find((one) => one.method === "post" && one.getAttribute("action") === typed.action);
  if (!typed.atDoor || typed.page !== location.pathname || !form) return;
  for (const [name, value, checked] of typed.values) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (!["checkbox", "radio"].includes(field.type)) field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }
  form.closest("details")?.setAttribute("open", "");
  form.querySelector("details")?.setAttribute("open", "");
  say("typed");
}
document.addEventListener("submit", (event) => keep(event.target));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr.status !== 401) sessionStorage.removeItem(TYPED);
});
bringBack();
weighAll();
