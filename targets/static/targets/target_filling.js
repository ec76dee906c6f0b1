// The form that saves itself: what was typed is merged into the draft cell by cell and kept in this browser while it is
// not saved. target_grid.js holds the grid, target_steps.js what is done by one click; without them the form posts.
const form = document.querySelector("form[data-autosave]");
const grid = form && form.grid;
const words = form ? form.dataset : {};
const mark = document.querySelector("[data-save-mark]");
const PAUSE = 800;
const AGAIN = 5000;
let base = null;
let timer = 0;
let retry = 0;
let sending = null;
let hold = false;
let announced = 0;
const held = new Map();

// What the form says

const tidy = (text) => text.replace(/\r\n/g, "\n").trim();
const headCells = () => Array.from(form.querySelectorAll(".paper.head [name]:not([name^='answer'])"));
const reasonCells = () => Array.from(form.querySelectorAll("input[name^='na.']"));
const allRows = () => Array.from(form.querySelectorAll("#indicators tr[data-row]"));
const cellOf = (row, part) => row.querySelector(`[data-col=${part}]`);
const uuidOf = (row) => row.querySelector("[name=row_uuid]");

function freshId() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = Array.from(b, (n) => n.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function name(row) {
  if (!uuidOf(row).value) uuidOf(row).value = freshId();
  return uuidOf(row).value;
}

function rowText(row) {
  return { uuid: name(row), code: row.dataset.code, name: tidy(cellOf(row, "name").value), value: tidy(cellOf(row, "value").value), month: tidy(cellOf(row, "month").value).replace(/月$/, "") };
}

function read() {
  const header = {};
  const na = {};
  for (const cell of headCells()) header[cell.name] = tidy(cell.value);
  for (const cell of reasonCells()) if (tidy(cell.value)) na[cell.name.slice(3)] = tidy(cell.value);
  return { header, na, rows: allRows().filter((row) => !row.classList.contains("gone")).map(rowText) };
}

const isFilled = (row) => row.name || row.value;

// Every cell by a name of its own, so that two states can be compared.
function cells(state) {
  const found = new Map();
  for (const key of Object.keys(state.header)) found.set(key, state.header[key]);
  for (const key of Object.keys(state.na)) found.set(`na.${key}`, state.na[key]);
  const filled = state.rows.filter(isFilled);
  for (const row of filled) for (const part of ["code", "name", "value", "month"]) found.set(`${row.uuid} ${part}`, row[part]);
  return found;
}

function differences(one, other) {
  const a = cells(one);
  const b = cells(other);
  let count = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) if ((a.get(key) || "") !== (b.get(key) || "") && !held.has(key)) count += 1;
  const order = (state) => state.rows.filter(isFilled).map((row) => row.uuid).join();
  return count || (order(one) !== order(other) && !held.size ? 1 : 0);
}

const isDirty = () => differences(base, read()) > 0;

// Saying how it stands: the words stand at the form as data-say-…
const phrase = (name) => form.getAttribute(`data-say-${name}`) || "";

function fill(text, facts) {
  return text.replace(/\{(\w+)\}/g, (_whole, key) => facts[key]);
}

function say(state, facts = {}) {
  const text = fill(phrase(state), facts);
  if (mark) {
    mark.hidden = !text;
    mark.dataset.state = state;
    mark.textContent = text;
  }
  grid.say(state !== "saved" && isDirty());
  const region = document.querySelector("#said");
  if (region && text && Date.now() - announced > 10000 && state !== "saving" && state !== "unsaved") {
    announced = Date.now();
    region.textContent = text;
  }
}

// A copy in this browser until it is saved; logging out removes it (app.js)

const place = () => `btr-draft:${words.person}:${words.number}`;
function keep() {
  try {
    if (isDirty()) localStorage.setItem(place(), JSON.stringify({ base, typed: read(), at: Date.now() }));
    else localStorage.removeItem(place());
  } catch (full) {
    // no room or not allowed: the form still saves itself
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(place()) || "null");
  } catch (refused) {
    return null;
  }
}

const forget = () => localStorage.removeItem(place());

// Saving

function toSend() {
  const typed = read();
  const known = cells(base);
  for (const [key] of held) {
    const [uuid, part] = key.split(" ");
    if (!part) {
      if (key.startsWith("na.")) typed.na[key.slice(3)] = base.na[key.slice(3)] || "";
      else typed.header[key] = base.header[key];
      continue;
    }
    const row = typed.rows.find((one) => one.uuid === uuid);
    if (row && known.has(key)) row[part] = known.get(key);
  }
  return typed;
}

// Something was changed by a button, a key or a paste: a step of its own.
function touched() {
  say("unsaved", { n: differences(base, read()) });
  keep();
  soon();
}

function soon() {
  clearTimeout(timer);
  if (hold) return;
  timer = setTimeout(save, PAUSE);
}

async function save() {
  clearTimeout(timer);
  clearTimeout(retry);
  if (sending) {
    await sending;
    return save();
  }
  if (hold || !isDirty()) return true;
  say("saving");
  sending = send(toSend());
  const done = await sending;
  sending = null;
  if (done === "again") retry = setTimeout(save, AGAIN);
  return done === true;
}

async function send(typed) {
  let answer;
  let body;
  try {
    answer = await fetch(words.autosave, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify({ base, typed }),
    });
    const type = answer.headers.get("Content-Type") || "";
    body = type.startsWith("application/json") ? await answer.json() : null;
  } catch (broken) {
    say("offline", { n: differences(base, read()) });
    keep();
    return "again";
  }
  if (!body) {
    say(answer.redirected || answer.status === 403 ? "loggedout" : "offline", { n: differences(base, read()) });
    keep();
    return answer.status >= 500 ? "again" : false;
  }
  if (body.refused) {
    say("refused", { why: body.refused });
    hold = hold || Boolean(body.is_over);
    keep();
    return false;
  }
  take(body, typed);
  keep();
  say(isDirty() ? "unsaved" : held.size ? "clashing" : "saved", { at: body.at, n: differences(base, read()) });
  if (isDirty()) soon();
  return true;
}

// What stands now comes into the page; what was typed since it was sent stays.
function take(answer, sent) {
  base = { header: answer.header, na: answer.na, rows: answer.rows };
  const now = cells(base);
  const was = cells(sent);
  const clashing = new Set(answer.clashes.map((clash) => (clash.uuid ? `${clash.uuid} ${clash.place}` : clash.place)));
  const settle = (cell, key) => {
    const text = now.get(key) || "";
    const typed = tidy(cell.value);
    if (typed === text || clashing.has(key) || held.has(key) || typed !== (was.get(key) || "") || cell === document.activeElement) return;
    grid.write(cell, text);
  };
  for (const cell of headCells()) if (cell.matches("textarea")) settle(cell, cell.name);
  for (const cell of reasonCells()) settle(cell, cell.name);
  takeRows(answer, sent, clashing, settle);
  takeMarks(answer);
  for (const clash of answer.clashes) showClash(clash);
  form.querySelector("[name=seen_version]").value = answer.version;
  form.querySelector("[name=seen_hash]").value = answer.hash;
}

function takeRows(answer, sent, clashing, settle) {
  const there = new Map(allRows().map((row) => [name(row), row]));
  const stored = new Map(answer.rows.map((row) => [row.uuid, row]));
  const posted = new Set(sent.rows.filter(isFilled).map((row) => row.uuid));
  for (const [uuid, row] of there) {
    for (const part of ["name", "value", "month"]) if (stored.has(uuid)) settle(cellOf(row, part), `${uuid} ${part}`);
    const isTheirs = posted.has(uuid) && !stored.has(uuid) && !clashing.has(`${uuid} row`);
    if (isTheirs && !row.contains(document.activeElement) && !row.classList.contains("gone")) grid.takeOut(row);
  }
  for (const row of answer.rows) {
    if (there.has(row.uuid)) continue;
    const fresh = grid.addRow(row.code);
    uuidOf(fresh).value = row.uuid;
    grid.write(cellOf(fresh, "name"), row.name);
    grid.write(cellOf(fresh, "value"), row.value);
    cellOf(fresh, "month").value = row.month;
  }
}

function takeMarks(answer) {
  for (const row of allRows()) {
    const uuid = name(row);
    const number = answer.numbers[uuid];
    const [said, unsure] = answer.said[uuid] || ["", false];
    for (const part of ["name", "value"]) {
      const cell = cellOf(row, part);
      const td = cell.closest("td");
      if (number) cell.id = `r${number}-${part}`;
      else cell.removeAttribute("id");
      putFindings(td, cell.parentElement, answer.at_cells[`${uuid} ${part}`] || "");
      if (part === "name") continue;
      const old = td.querySelector(".said");
      if (old) old.remove();
      if (!said || tidy(cell.value) === "") continue;
      const line = document.createElement("p");
      line.className = unsure ? "said unsure" : "said";
      line.textContent = said;
      cell.parentElement.after(line);
    }
  }
  for (const cell of headCells()) {
    if (cell.matches("textarea")) putFindings(cell.closest("td"), cell.parentElement, answer.at_cells[cell.name] || "");
  }
  const side = document.querySelector("#findings");
  if (side) side.outerHTML = answer.side;
  const bar = document.querySelector("[data-form-bar]");
  if (bar) {
    const tick = bar.querySelector("[name=looked_at]");
    bar.innerHTML = answer.bar;
    if (tick && tick.checked && bar.querySelector("[name=looked_at]")) bar.querySelector("[name=looked_at]").checked = true;
  }
}

function putFindings(td, behind, html) {
  for (const old of td.querySelectorAll(":scope > .at-cell")) old.remove();
  if (html) behind.insertAdjacentHTML("afterend", html);
  behind.classList.toggle("bad", html.includes("at-cell bad"));
}

// A place that somebody else changed as well: both texts, and two buttons

function cellAt(clash) {
  if (!clash.uuid) return form.querySelector(`[name="${clash.place}"]`);
  const row = allRows().find((one) => name(one) === clash.uuid);
  return row && cellOf(row, ["value", "month"].includes(clash.place) ? clash.place : "name");
}

function showClash(clash) {
  const cell = cellAt(clash);
  const key = clash.uuid ? `${clash.uuid} ${clash.place}` : clash.place;
  if (!cell || held.has(key)) return;
  held.set(key, clash);
  const box = document.createElement("div");
  box.className = "clash-here";
  box.setAttribute("role", "alert");
  const told = document.createElement("p");
  told.textContent = fill(phrase(clash.standing === null ? "gone" : clash.place === "row" ? "changed" : "clash"), { text: clash.standing });
  box.append(told);
  const decide = (label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-outline-primary btn-sm";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      held.delete(key);
      box.remove();
      form.dispatchEvent(new CustomEvent("grid:changed"));
      save();
    });
    box.append(button);
  };
  decide(phrase("mine"), () => keepMine(clash, cell));
  decide(phrase("theirs"), () => keepTheirs(clash, cell));
  cell.closest("td").append(box);
}

function keepMine(clash, cell) {
  // A row that is gone in the system is typed anew under a name of its own; anything else is typed over what stands.
  if (clash.place === "row" && clash.standing === null) uuidOf(cell.closest("tr")).value = freshId();
}

function keepTheirs(clash, cell) {
  const row = cell.closest("tr[data-row]");
  if (clash.place !== "row") return grid.write(cell, clash.standing || "");
  if (clash.standing === null) return grid.takeOut(row);
  return row.classList.contains("gone") && grid.toggleRow(row);
}

// Start; the steps take over with what they need to know.
if (form) {
  hold = "hold" in words;
  const given = document.querySelector("#form-base");
  allRows().forEach(name);
  base = given ? JSON.parse(given.textContent) : read();
  form.filling = {
    allRows, cellOf, differences, forget, freshId, headCells, isHeld: () => hold, kept, name, read, reasonCells, rowText, save,
    touched, uuidOf, upon: (state) => { base = state; },
  };
  form.addEventListener("input", () => {
    say("unsaved", { n: differences(base, read()) });
    soon();
    clearTimeout(keep.timer);
    keep.timer = setTimeout(keep, 300);
  });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter || document.activeElement;
    if (hold || (!sending && !held.size && !isDirty())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await save())) return;
    if (!held.size) button.click();
    else {
      // Where two texts stand, somebody must say which one goes on.
      say("clashing");
      document.querySelector(".clash-here").scrollIntoView({ block: "center" });
    }
  }, true);
  window.addEventListener("online", save);
  window.addEventListener("pagehide", keep);
}
