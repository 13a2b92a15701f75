// One field across documents: down the page with Enter.

import { element, post, say } from "./server.js";

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
let busy = Promise.resolve();

function offer(row) {
  for (const host of document.querySelectorAll(".alternatives")) host.replaceChildren();
  row.root.querySelector(".alternatives").replaceChildren(...row.alternatives.slice(0, 9).map((text, i) => {
    const button = element("button", { type: "button", tabIndex: -1 }, element("kbd", { text: String(i + 1) }), document.createTextNode(` ${text}`));
    button.addEventListener("click", () => { row.input.value = text; row.input.focus(); });
    return button;
  }));
}

function save(some) {
  busy = busy.then(async () => {
    try {
      const items = some.map((row) => ({ document: row.document, path: row.path, typed: row.input.value, revision: row.revision }));
      const answer = await post("/strips", { items });
      answer.items.forEach((item, i) => settle(some[i], item));
    } catch (error) {
      for (const row of some) row.done = false;
      say(error.message);
    }
  });
  for (const row of some) row.done = true;
  return busy;
}

function settle(row, item) {
  const questions = row.root.querySelector(".questions");
  if (item.message) {
    row.done = false;
    row.root.dataset.status = "failed";
    questions.textContent = item.message;
    return;
  }
  for (const other of rows) if (other.document === item.document) other.revision = item.revision;
  row.stored = item.field.text;
  row.input.value = item.field.text;
  row.root.dataset.status = item.field.status;
  questions.textContent = item.waits ? "待第二人复核" : item.field.questions.map((q) => q.name).join("、");
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
    for (const other of rows) other.root.classList.toggle("current", other === row);
    offer(row);
    row.root.scrollIntoView({ block: "center" });
  });
  row.input.addEventListener("pointerdown", () => { row.editing = true; });
  row.input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const alternative = /^[1-9]$/.test(event.key) && (!row.editing || event.altKey) ? row.alternatives[event.key - 1] : undefined;
    if (event.key === "Enter" && event.ctrlKey) all();
    else if (event.key === "Enter") {
      save([row]);
      move(row, 1);
    } else if (event.key === "Escape") {
      row.input.value = row.stored;
      row.input.select();
    } else if (event.key === "ArrowDown") move(row, 1);
    else if (event.key === "ArrowUp") move(row, -1);
    else if (event.key === "F2") {
      row.editing = true;
      row.input.setSelectionRange(row.input.value.length, row.input.value.length);
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
