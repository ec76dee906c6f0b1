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
