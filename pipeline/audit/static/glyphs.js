// Characters read alike: the odd one out gets its right character, and with it the value it stands in.

import { post, say } from "./server.js";

const buttons = [...document.querySelectorAll(".glyphs button")];
let busy = Promise.resolve();

function columns() {
  const top = buttons[0].offsetTop;
  const count = buttons.findIndex((b) => b.offsetTop > top);
  return count < 0 ? buttons.length : count;
}

function to(i) {
  const button = buttons[Math.min(Math.max(i, 0), buttons.length - 1)];
  for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
  button.focus();
}

function correct(button, character) {
  const { document: id, path, value, position, revision } = button.dataset;
  const at = Number(position);
  const typed = value.slice(0, at) + character + value.slice(at + 1);
  busy = busy.then(async () => {
    try {
      const { items } = await post("/strips", { items: [{ document: id, path, typed, revision: Number(revision) }] });
      const item = items[0];
      if (item.message) throw new Error(item.message);
      for (const other of buttons) {
        if (other.dataset.document === id) other.dataset.revision = item.revision;
        if (other.dataset.document === id && other.dataset.path === path) other.dataset.value = item.field.text;
      }
      button.dataset.now = character;
      const codes = item.field.questions.map((q) => q.name).join("、");
      say(item.waits ? "已提出更正，待第二人复核。" : codes ? `已改，但${codes}，请按回车打开原件核对。` : "", codes ? "error" : "note");
    } catch (error) {
      say(error.message);
    }
  });
  return busy;
}

buttons.forEach((button, i) => {
  button.addEventListener("click", () => to(i));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[event.key];
    if (step) to(i + step);
    else if (event.key === "Enter") location.assign(`/documents/${encodeURIComponent(button.dataset.document)}?path=${encodeURIComponent(button.dataset.path)}`);
    else if (/^[0-9xX]$/.test(event.key) && !event.ctrlKey && !event.altKey) correct(button, event.key.toUpperCase());
    else return;
    event.preventDefault();
  });
});
to(0);
