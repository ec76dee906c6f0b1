// What every page may use when script runs; each part only eases what a plain form already does.
const root = document.documentElement;
root.classList.add("with-script");

// Menus made of <details>: a click elsewhere or Esc closes them and gives the focus back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "Enter" && event.ctrlKey && !event.shiftKey && !event.altKey) {
    const main = document.querySelector("[data-main-action]");
    if (main) {
      event.preventDefault();
      main.click();
    }
  }
});

// What was refused is read first: the focus goes to the sentence, as it would without a page of its own.
const refused = document.querySelector("main .note.bad[role=alert]");
if (refused) {
  refused.tabIndex = -1;
  refused.focus();
}

// A form is sent once; the button says that it is busy. The server refuses the second click anyway.
// A form that answers with a file leaves the page as it is, so it may be sent again (data-download).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "download" in form.dataset) return;
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
  if (button) button.setAttribute("aria-busy", "true");
});
// Who logs out leaves no typed text in the browser (target_filling.js keeps it there until it is saved).
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-logout]")) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("btr-draft:")) localStorage.removeItem(key);
}, true);
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Filters apply at once when changed; without script their button does it.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-apply] select, form[data-apply] input[type=checkbox]")) {
    event.target.form.submit();
  }
});

// Copy a ready text: <button data-copy="#id">; the old way stays for kernels and sites without the clipboard.
function copyOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent;
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch (refused) {
    done = copyOldWay(text);
  }
  const said = document.querySelector("#said");
  if (done && said) said.textContent = button.dataset.done;
  if (done) button.lastElementChild.textContent = button.dataset.done;
});
