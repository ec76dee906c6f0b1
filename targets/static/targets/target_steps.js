// Steps of the form that saves itself: back and forth, mends of findings, indicators of the library, and what an earlier
// visit left in this browser. target_filling.js saves what they change.
const form = document.querySelector("form[data-autosave]");
const grid = form && form.grid;
const filling = form && form.filling;
const rowById = (uuid) => filling.allRows().find((row) => filling.name(row) === uuid);

// Back and forth

let last = null;
const done = [];
const undone = [];
function remember() {
  const now = filling.read();
  if (JSON.stringify(now) === JSON.stringify(last)) return;
  done.push(last);
  if (done.length > 100) done.shift();
  undone.length = 0;
  last = now;
  steps();
}

function steps() {
  for (const [which, list] of [["undo", done], ["redo", undone]]) {
    const button = document.querySelector(`[data-${which}]`);
    if (button) button.disabled = !list.length;
  }
}

function step(from, to) {
  remember();
  if (!from.length) return;
  to.push(last);
  last = from.pop();
  show(last);
  steps();
  filling.touched();
}

function show(state) {
  for (const cell of filling.headCells()) if (cell.matches("textarea") && cell.name in state.header) grid.write(cell, state.header[cell.name]);
  for (const cell of filling.reasonCells()) cell.value = state.na[cell.name.slice(3)] || "";
  const codes = new Set(filling.allRows().map((row) => row.dataset.code));
  for (const code of codes) {
    const wanted = state.rows.filter((row) => row.code === code);
    let there = grid.rowsOf(code);
    for (const surplus of there.slice(Math.max(wanted.length, 1))) grid.takeOut(surplus);
    there = grid.rowsOf(code);
    wanted.forEach((row, n) => put(there[n] || grid.addRow(code), row));
    if (!wanted.length) put(there[0], { uuid: filling.freshId(), name: "", value: "" });
  }
}

function put(row, text) {
  if (row.classList.contains("gone")) grid.toggleRow(row);
  filling.uuidOf(row).value = text.uuid;
  grid.write(filling.cellOf(row, "name"), text.name);
  grid.write(filling.cellOf(row, "value"), text.value);
  filling.cellOf(row, "month").value = text.month || "";
}

// Mends and the library

function rowNamed(ref) {
  return ref.startsWith("#") ? filling.allRows()[Number(ref.slice(1))] : rowById(ref);
}

function mend(one) {
  if (!one.row) {
    const cell = form.querySelector(`textarea[name="${one.part}"]`);
    if (cell) grid.write(cell, one.text);
    return cell;
  }
  const row = rowNamed(one.row);
  if (!row) return null;
  if (one.kind === "write") {
    grid.write(filling.cellOf(row, one.part), one.text);
    return filling.cellOf(row, one.part);
  }
  if (one.kind === "delete") {
    if (!row.classList.contains("gone")) grid.toggleRow(row);
    return row.querySelector("[name=remove]");
  }
  const text = filling.rowText(row);
  grid.takeOut(row);
  return placed(one.text, text);
}

function placed(code, text) {
  const blank = grid.rowsOf(code).find((row) => grid.isBlank(row) && !row.classList.contains("gone"));
  const row = blank || grid.addRow(code);
  put(row, { ...text, uuid: text.uuid || filling.freshId() });
  return filling.cellOf(row, "name");
}

document.addEventListener("click", (event) => {
  const button = form && event.target.closest("[data-mend], [data-pick], [data-undo], [data-redo], [data-save], [data-restore], [data-drop]");
  if (!button || (filling.isHeld() && button.matches("[data-save]"))) return;
  event.preventDefault();
  if (button.matches("[data-save]")) filling.save();
  else if (button.matches("[data-undo]")) step(done, undone);
  else if (button.matches("[data-redo]")) step(undone, done);
  else if (button.matches("[data-restore], [data-drop]")) recovered(button.matches("[data-restore]"));
  else {
    remember();
    const value = JSON.parse(button.value);
    const cell = button.matches("[data-pick]") ? placed(value[0], { name: value[1], value: value[2] }) : value.map(mend).pop();
    remember();
    if (cell) grid.show(cell);
    filling.save();
  }
});

// What an earlier visit left unsaved

let found = null;
function offer() {
  found = filling.kept();
  const bar = document.querySelector("[data-recovered]");
  if (!found || !bar) return;
  if (!filling.differences(found.typed, filling.read())) {
    filling.forget();
    found = null;
    return;
  }
  bar.hidden = false;
  bar.querySelector("[data-when]").textContent = new Date(found.at).toLocaleString();
}

function recovered(takes) {
  const bar = document.querySelector("[data-recovered]");
  bar.hidden = true;
  if (takes) {
    show(found.typed);
    filling.upon(found.base);
    remember();
    filling.save();
  } else filling.forget();
  found = null;
}

// Start

let atFocus = "";
if (form) {
  last = filling.read();
  steps();
  if (!filling.isHeld()) offer();
  form.addEventListener("grid:changed", () => {
    remember();
    filling.touched();
  });
  form.addEventListener("change", () => {
    remember();
    filling.save();
  });
  form.addEventListener("focusin", (event) => { atFocus = event.target.value; });
  form.addEventListener("keydown", (event) => {
    if (event.isComposing || !event.ctrlKey || event.shiftKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if ((key !== "z" && key !== "y") || event.target.value !== atFocus) return;
    event.preventDefault();
    if (key === "z") step(done, undone);
    else step(undone, done);
    atFocus = event.target.value;
  });
}
