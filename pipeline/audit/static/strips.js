// One field across documents: down the page with Enter.

import { Digits, offers } from "./entry.js";
import { post, say } from "./server.js";

const rows = [...document.querySelectorAll(".strips > li")].map((root) => ({
  root,
  input: root.querySelector("input"),
  document: root.dataset.document,
  path: root.dataset.path,
  revision: Number(root.dataset.revision),
  alternatives: JSON.parse(root.dataset.alternatives),
  stored: root.querySelector("input").value,
  editing: false,
  done: false,
}));
const digits = new Digits();
const deeds = []; // rows saved here, the last one last
let busy = Promise.resolve();

function offer(row) {
  for (const host of document.querySelectorAll(".alternatives")) host.replaceChildren();
  row.root.querySelector(".alternatives").replaceChildren(...offers(row.alternatives.slice(0, 9), row.stored, (text) => {
    row.input.value = text;
    row.input.focus();
  }));
}

function save(some) {
  const typed = some.map((row) => row.input.value);
  busy = busy.then(async () => {
    try {
      const items = some.map((row, i) => ({ document: row.document, path: row.path, typed: typed[i], revision: row.revision }));
      const answer = await post("/strips", { items });
      answer.items.forEach((item, i) => settle(some[i], item, typed[i]));
    } catch (error) {
      for (const row of some) row.done = false;
      say(error.message);
    }
  });
  for (const row of some) row.done = true;
  return busy;
}

function settle(row, item, typed) {
  if (item.message) {
    row.done = false;
    row.root.dataset.status = "failed";
    row.root.querySelector(".questions").textContent = item.message;
    return;
  }
  deeds.push(row);
  show(row, item.field, item.revision, typed);
  if (item.waits) row.root.querySelector(".questions").textContent = "待第二人复核";
}

// A row as it is stored now. What somebody has typed there since stays.
function show(row, field, revision, typed) {
  for (const other of rows) if (other.document === row.document) other.revision = revision;
  row.stored = field.text;
  if (row.input.value === typed) row.input.value = field.text;
  row.root.dataset.status = field.status;
  row.root.querySelector(".questions").textContent = field.questions.map((q) => q.name).join("、");
}

function undo() {
  busy = busy.then(async () => {
    const row = deeds.pop();
    if (!row) {
      say("没有可撤销的操作。", "note");
      return;
    }
    try {
      const state = await post(`/documents/${encodeURIComponent(row.document)}/withdraw`, { path: row.path, revision: row.revision });
      row.done = false;
      show(row, state.fields.find((field) => field.path === row.path), state.revision, row.input.value);
      row.input.focus();
      say("已撤销。", "note");
    } catch (error) {
      say(error.message);
    }
  });
}

function move(row, by) {
  const next = rows[rows.indexOf(row) + by];
  if (next) next.input.focus();
  else if (by > 0) document.querySelector('.pager [rel="next"], #confirm-all')?.focus();
}

for (const row of rows) {
  row.input.addEventListener("focus", () => {
    row.input.select();
    row.editing = false;
    digits.forget();
    for (const other of rows) other.root.classList.toggle("current", other === row);
    offer(row);
    row.root.scrollIntoView({ block: "center" });
  });
  row.input.addEventListener("pointerdown", () => { row.editing = true; });
  row.input.addEventListener("input", () => { row.editing = true; }); // also where an input method wrote it
  row.input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const chooses = /^[0-9]$/.test(event.key) && (!row.editing || event.altKey);
    const both = chooses && !event.altKey ? digits.follow(event.key, event.timeStamp) : "";
    const alternative = chooses ? row.alternatives[event.key - 1] : undefined;
    if (!chooses) digits.forget();
    if (event.key === "Enter" && event.ctrlKey) all();
    else if (event.key === "Enter") {
      save([row]);
      move(row, 1);
    } else if (event.key === "Escape") {
      if (row.input.value === row.stored) undo();
      row.input.value = row.stored;
      row.input.select();
      row.editing = false;
      digits.forget();
    } else if (event.key === "ArrowDown") move(row, 1);
    else if (event.key === "ArrowUp") move(row, -1);
    else if (event.key === "F2") {
      row.editing = true;
      row.input.setSelectionRange(row.input.value.length, row.input.value.length);
    } else if (both) {
      row.input.value = both;
      row.editing = true;
    } else if (alternative !== undefined) {
      row.input.value = alternative;
      row.input.select();
    } else {
      if (event.key.length === 1 && !event.ctrlKey) row.editing = true;
      return;
    }
    event.preventDefault();
  });
}

function all() {
  const left = rows.filter((row) => !row.done);
  if (left.length) save(left).then(() => say(`已保存 ${left.filter((row) => row.done).length} 个。`, "note"));
}

document.getElementById("confirm-all").addEventListener("click", all);
rows[0].input.focus();
