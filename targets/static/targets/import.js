// The import's pages: cells of the file and of the result light up together; F8 walks through the problems; the
// upload shows how far it is. Without this file the links between both sides and the plain form do the same.
let lit = [];

function light(element) {
  for (const one of lit) one.classList.remove("lit");
  lit = [];
  const marked = element.closest && element.closest("[data-pair]");
  if (!marked) return;
  lit = Array.from(document.querySelectorAll(`[data-pair="${marked.dataset.pair}"]`));
  for (const one of lit) {
    one.classList.add("lit");
    if (one !== marked) bring(one);
  }
}

// Scrolls the pane around a cell, never the page.
function bring(cell) {
  const pane = cell.closest("[data-pane]");
  if (!pane) return;
  const from = pane.getBoundingClientRect();
  const to = cell.getBoundingClientRect();
  if (to.top < from.top + 40) pane.scrollTop -= from.top + 40 - to.top;
  else if (to.bottom > from.bottom) pane.scrollTop += to.bottom - from.bottom + 8;
}

document.addEventListener("mouseover", (event) => light(event.target));
document.addEventListener("focusin", (event) => light(event.target));

document.addEventListener("keydown", (event) => {
  if (event.key !== "F8" || event.isComposing) return;
  const problems = Array.from(document.querySelectorAll("[data-problem]"));
  if (!problems.length) return;
  event.preventDefault();
  const at = problems.indexOf(document.activeElement);
  const next = event.shiftKey ? (at <= 0 ? problems.length - 1 : at - 1) : (at + 1) % problems.length;
  for (let fold = problems[next].closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  problems[next].focus();
});

// A link to a cell inside a closed card opens it first.
function open() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const inner = target.querySelector && target.id.startsWith("t") && target.querySelector("details");
  if (target.classList.contains("import-card") && inner) inner.open = true;
  target.scrollIntoView({ block: "center" });
  light(target);
}
window.addEventListener("hashchange", open);
open();

// The upload with a bar: the same form, sent by a request that tells how far it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-upload]") || event.defaultPrevented) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.sent === "yes") return;
  form.dataset.sent = "yes";
  const bar = form.querySelector("[data-upload-bar]");
  const said = form.querySelector("[data-upload-said]");
  const button = form.querySelector("[data-main-action]");
  button.setAttribute("aria-busy", "true");
  bar.hidden = false;
  said.hidden = false;
  said.textContent = said.dataset.sending;
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (step) => {
    if (step.lengthComputable) bar.value = Math.round((100 * step.loaded) / step.total);
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    said.hidden = false;
    said.textContent = said.dataset.reading;
  });
  const ready = () => {
    delete form.dataset.sent;
    button.removeAttribute("aria-busy");
    bar.hidden = true;
  };
  request.addEventListener("error", () => {
    ready();
    said.hidden = false;
    said.textContent = said.dataset.failed;
  });
  request.addEventListener("load", () => {
    const type = request.getResponseHeader("Content-Type") || "";
    if (request.status === 200 && type.startsWith("application/json")) {
      location.assign(JSON.parse(request.responseText).address);
      return;
    }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("#main");
    if (!answer) {
      ready();
      said.hidden = false;
      said.textContent = said.dataset.failed;
      return;
    }
    document.querySelector("#main").replaceWith(answer);
    const alert = answer.querySelector("[role=alert], .wrong");
    if (alert) alert.scrollIntoView({ block: "center" });
  });
  request.open("POST", form.action || location.href);
  request.setRequestHeader("X-Upload", "yes");
  request.send(new FormData(form));
}, true);

// One cell is typed into: Enter writes it, Esc leaves it.
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || !event.target.matches) return;
  const typing = event.target.matches("[data-writing] textarea") && event.target.closest("[data-writing]");
  if (!typing || event.shiftKey || event.altKey || event.ctrlKey) return;
  const wanted = { Enter: "button[name=write]", Escape: "button[name=edit]" }[event.key];
  if (!wanted) return;
  event.preventDefault();
  typing.querySelector(wanted).click();
});

const openCell = document.querySelector("[data-writing] textarea");
if (openCell) {
  openCell.focus({ preventScroll: true });
  openCell.select();
}

// Many tables are taken over a part at a time; the next part follows by itself.
const goesOn = document.querySelector("form[data-goes-on]");
if (goesOn) goesOn.requestSubmit ? goesOn.requestSubmit() : goesOn.submit();
