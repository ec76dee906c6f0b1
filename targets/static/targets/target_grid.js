// The form as a grid of live cells: growing cells, rows that come and go, Enter goes down, blocks are pasted,
// unsaved changes are marked. Without this file the same form works by its buttons.
const form = document.querySelector("form[data-grid]");
const mark = form && form.querySelector("[data-unsaved-mark]");
let unsaved = Boolean(form && form.dataset.unsaved);
let leaving = false;

function say(isUnsaved) {
  unsaved = isUnsaved;
  if (mark) mark.hidden = !isUnsaved;
}

function grow(cell) {
  const mirror = cell.parentElement;
  if (mirror && mirror.classList.contains("grow")) mirror.dataset.text = cell.value;
}

function write(cell, text) {
  cell.value = text;
  grow(cell);
  const said = cell.closest("td") && cell.closest("td").querySelector(".said");
  if (said) said.classList.add("old");
  say(true);
}

// Rows

function rowsOf(code) {
  return Array.from(form.querySelectorAll(`tr[data-code="${code}"]`));
}

function widen(code, by) {
  const category = form.querySelector(`th[data-category="${code}"]`);
  const family = form.querySelector(`th[data-family="${code.slice(0, 1)}"]`);
  for (const head of [category, family]) {
    if (head) head.rowSpan += by;
  }
}

function addRow(code, behind) {
  const fresh = document.querySelector("#row-template").content.firstElementChild.cloneNode(true);
  fresh.dataset.code = code;
  fresh.querySelector("[name=row_code]").value = code;
  const rows = rowsOf(code);
  (behind || rows[rows.length - 1]).after(fresh);
  widen(code, 1);
  say(true);
  return fresh;
}

// Takes a row away for good; the labels of its group go to the next one, the last of a group only becomes blank.
function takeOut(row) {
  const code = row.dataset.code;
  if (rowsOf(code).length < 2) {
    if (row.classList.contains("gone")) toggleRow(row);
    for (const cell of row.querySelectorAll("textarea[data-col]")) write(cell, "");
    for (const cell of row.querySelectorAll("[name=row_uuid], [name=row_month]")) cell.value = "";
    return;
  }
  const heads = Array.from(row.querySelectorAll("th"));
  if (heads.length) rowsOf(code)[1].prepend(...heads);
  row.remove();
  widen(code, -1);
  say(true);
}

// Changes a row with its neighbour in the category; the labels of the group stay where they are.
function moveRow(row, step) {
  const rows = rowsOf(row.dataset.code);
  const other = rows[rows.indexOf(row) + step];
  if (!other) return null;
  const [own, theirs] = [row, other].map((one) => Array.from(one.querySelectorAll(":scope > td")));
  row.append(...theirs);
  other.append(...own);
  const gone = row.classList.contains("gone");
  row.classList.toggle("gone", other.classList.contains("gone"));
  other.classList.toggle("gone", gone);
  say(true);
  return other;
}

function changed() {
  form.dispatchEvent(new CustomEvent("grid:changed"));
}

function isBlank(row) {
  return Array.from(row.querySelectorAll("textarea[data-col]")).every((cell) => !cell.value.trim());
}

// A removed row stays in sight, struck through, until the form is saved: its button takes it back.
function toggleRow(row) {
  const gone = row.classList.toggle("gone");
  for (const cell of row.querySelectorAll("textarea[data-col], td input")) cell.disabled = gone;
  const use = row.querySelector(".act use");
  if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, gone ? "#i-refresh" : "#i-trash"));
  say(true);
}

function onClick(event) {
  const add = event.target.closest("button[name=add]");
  if (add) {
    event.preventDefault();
    addRow(add.value).querySelector("textarea").focus();
    changed();
    return;
  }
  const remove = event.target.closest("button[name=remove]");
  if (remove) {
    event.preventDefault();
    toggleRow(remove.closest("tr"));
    changed();
    return;
  }
  const move = event.target.closest("button[name=up], button[name=down]");
  if (move) {
    event.preventDefault();
    const name = move.name;
    const there = moveRow(move.closest("tr"), name === "up" ? -1 : 1);
    if (there) there.querySelector(`button[name=${name}]`).focus();
    changed();
  }
}

// Row by row with the keyboard: Ctrl+I a row more, Alt+Delete takes it out, Alt+PageUp and PageDown move it, Ctrl+D
// copies the cell above. Returns whether the key was one of them.
function onRowKey(event, cell) {
  const row = cell.closest("tr");
  if (!row.dataset.code) return false;
  const key = event.key.toLowerCase();
  const only = event.ctrlKey && !event.altKey && !event.shiftKey;
  const alt = event.altKey && !event.ctrlKey && !event.shiftKey;
  if (only && key === "i") addRow(row.dataset.code, row).querySelector(`[data-col=${cell.dataset.col}]`).focus();
  else if (alt && key === "delete") {
    const near = neighbour(cell, 1) || neighbour(cell, -1);
    toggleRow(row);
    if (near) near.focus();
  } else if (alt && (key === "pageup" || key === "pagedown")) {
    moveRow(row, key === "pageup" ? -1 : 1);
    cell.focus();
  } else if (only && key === "d") {
    const above = neighbour(cell, -1);
    if (above) write(cell, above.value);
  } else return false;
  event.preventDefault();
  changed();
  return true;
}

// Keys

function neighbour(cell, step) {
  const all = Array.from(form.querySelectorAll(`textarea[data-col="${cell.dataset.col}"]`)).filter((c) => !c.disabled);
  return all[all.indexOf(cell) + step];
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const cell = event.target;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.querySelector("[data-save]").click();
    return;
  }
  if (!cell.matches("textarea")) return;
  if (cell.dataset.col && onRowKey(event, cell)) return;
  if (event.key === "Enter" && event.altKey && cell.dataset.col) {
    event.preventDefault();
    cell.setRangeText("\n", cell.selectionStart, cell.selectionEnd, "end");
    write(cell, cell.value);
  } else if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && (cell.dataset.col || "line" in cell.dataset)) {
    event.preventDefault();
    const below = cell.dataset.col && neighbour(cell, 1);
    if (below) below.focus();
  } else if (event.ctrlKey && cell.dataset.col && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const next = neighbour(cell, event.key === "ArrowDown" ? 1 : -1);
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
}

// Points to mend: F8 and Shift+F8 walk them, a click goes to the cell.

let at = -1;
function jump(link) {
  const place = document.getElementById(link.getAttribute("href").slice(1));
  if (place) show(place);
}

function show(place) {
  for (const old of document.querySelectorAll(".here")) old.classList.remove("here");
  const box = place.closest("td, th") || place;
  box.classList.add("here");
  box.scrollIntoView({ block: "center" });
  if (place.focus) place.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-jump]");
  if (!link) return;
  event.preventDefault();
  jump(link);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "F8" || event.isComposing) return;
  const links = Array.from(document.querySelectorAll("a[data-jump]")).filter((link) => link.offsetParent);
  if (!links.length) return;
  event.preventDefault();
  at = (at + (event.shiftKey ? -1 : 1) + links.length) % links.length;
  jump(links[at]);
});

// Blocks from a spreadsheet or a word processor

function cellsOf(text) {
  const rows = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const row = rows[rows.length - 1];
    const sign = text[i];
    if (quoted) {
      if (sign === '"' && text[i + 1] === '"') {
        row[row.length - 1] += '"';
        i += 1;
      } else if (sign === '"') quoted = false;
      else row[row.length - 1] += sign;
    } else if (sign === '"' && row[row.length - 1] === "") quoted = true;
    else if (sign === "\t") row.push("");
    else if (sign === "\n") rows.push([""]);
    else if (sign !== "\r") row[row.length - 1] += sign;
  }
  return rows.filter((row) => row.some((cell) => cell.trim()));
}

const LABEL = /^\s*([1-9][0-9])\s*[-—－–]/;
const FAMILY = /^\s*[1-9]\s*[-—－–]/;

// A copy of the official form names its categories: each line goes under its own.
function pasteForm(rows) {
  let code = "";
  let last = null;
  for (const cells of rows) {
    const label = cells.find((cell) => LABEL.test(cell));
    if (label) {
      code = label.match(LABEL)[1];
      last = null;
    }
    const words = cells.filter((cell) => cell.trim() && !LABEL.test(cell) && !FAMILY.test(cell) && cell.trim() !== "绩效指标");
    if (!words.length || !rowsOf(code).length) continue;
    const blank = rowsOf(code).find((row) => isBlank(row) && !row.classList.contains("gone"));
    last = blank || addRow(code, last);
    write(last.querySelector("[data-col=name]"), words[0].trim());
    write(last.querySelector("[data-col=value]"), (words[1] || "").trim());
  }
}

// Any other block fills cells from here to the right and down, inside the category.
function pasteBlock(cell, rows) {
  let row = cell.closest("tr");
  const code = row.dataset.code;
  const columns = Array.from(row.querySelectorAll("textarea[data-col]")).map((c) => c.dataset.col);
  const first = columns.indexOf(cell.dataset.col);
  rows.forEach((cells, n) => {
    if (n) {
      const next = row.nextElementSibling;
      if (next && (code ? next.dataset.code === code : "row" in next.dataset)) row = next;
      else if (code) row = addRow(code, row);
      else return;
    }
    cells.forEach((text, k) => {
      const target = columns[first + k] && row.querySelector(`textarea[data-col="${columns[first + k]}"]`);
      if (target && !target.disabled) write(target, text.trim());
    });
  });
}

function onPaste(event) {
  const cell = event.target;
  if (!cell.matches || !cell.matches("textarea[data-col]") || !event.clipboardData) return;
  const text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
  const rows = cellsOf(text);
  if (rows.length < 2 && !(rows[0] && rows[0].length > 1)) return;
  event.preventDefault();
  const named = rows.some((cells) => cells.some((one) => LABEL.test(one)));
  if (named && cell.closest("tr").dataset.code) pasteForm(rows);
  else pasteBlock(cell, rows);
  changed();
}

// Reasons and measures are asked only where a target may be missed.
function calm(row) {
  const chosen = row.querySelector("input[type=radio]:checked");
  row.classList.toggle("calm", !chosen || chosen.value === "certain");
}

if (form) {
  form.grid = { say, write, addRow, rowsOf, takeOut, toggleRow, isBlank, show };
  say(unsaved);
  for (const row of form.querySelectorAll(".progress-rows tr[data-row]")) calm(row);
  form.addEventListener("change", (event) => {
    const row = event.target.matches("input[type=radio]") && event.target.closest("tr[data-row]");
    if (row) calm(row);
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("textarea")) grow(event.target);
    const said = event.target.closest("td") && event.target.closest("td").querySelector(".said");
    if (said) said.classList.add("old");
    say(true);
  });
  form.addEventListener("click", onClick);
  form.addEventListener("keydown", onKey);
  form.addEventListener("paste", onPaste);
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("pageshow", () => {
    leaving = false;
    for (const cell of form.querySelectorAll(".grow > textarea")) grow(cell);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!unsaved || leaving) return;
    event.preventDefault();
    event.returnValue = "";
  });
}
