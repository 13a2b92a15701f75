// Characters read alike: the odd one out gets its right character, and with it the value it stands in.

import { post, say } from "./server.js";

const buttons = [...document.querySelectorAll(".glyphs button")];
const deeds = []; // characters corrected here, the last one last
let busy = Promise.resolve();

const LOADERS = 3;

// Pictures of one document after another: each scan is opened once, however the characters are mixed.
function load() {
  const of = new Map();
  for (const button of buttons) {
    const list = of.get(button.dataset.document) || [];
    list.push(button.querySelector("img"));
    of.set(button.dataset.document, list);
  }
  const waiting = [...of.values()];
  const next = async () => {
    for (let images = waiting.shift(); images; images = waiting.shift()) {
      for (const image of images) {
        image.src = image.dataset.src;
        await image.decode().catch(() => {});
      }
    }
  };
  for (let i = 0; i < LOADERS; i++) next();
}

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

function show(button, revision, field) {
  const { document: id, path } = button.dataset;
  for (const other of buttons) {
    if (other.dataset.document === id) other.dataset.revision = revision;
    if (other.dataset.document === id && other.dataset.path === path) other.dataset.value = field.text;
  }
  return field.questions.map((q) => q.name).join("、");
}

function correct(button, character) {
  busy = busy.then(async () => {
    const { document: id, path, value, position, revision } = button.dataset;
    const at = Number(position);
    const typed = value.slice(0, at) + character + value.slice(at + 1);
    try {
      const { items } = await post("/strips", { items: [{ document: id, path, typed, revision: Number(revision) }] });
      const item = items[0];
      if (item.message) throw new Error(item.message);
      const codes = show(button, item.revision, item.field);
      button.dataset.now = character;
      deeds.push(button);
      if (item.waits) say("已提出更正，待第二人复核。", "note");
      else say(codes ? `已改，但${codes}，请按回车打开原件核对。` : "", codes ? "error" : "note");
    } catch (error) {
      say(error.message);
    }
  });
}

function undo() {
  busy = busy.then(async () => {
    const button = deeds.pop();
    if (!button) {
      say("没有可撤销的操作。", "note");
      return;
    }
    const { document: id, path, revision } = button.dataset;
    try {
      const state = await post(`/documents/${encodeURIComponent(id)}/withdraw`, { path, revision: Number(revision) });
      show(button, state.revision, state.fields.find((field) => field.path === path));
      delete button.dataset.now;
      to(buttons.indexOf(button));
      say("已撤销。", "note");
    } catch (error) {
      say(error.message);
    }
  });
}

buttons.forEach((button, i) => {
  button.addEventListener("click", () => to(i));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[event.key];
    if (step) to(i + step);
    else if (event.key === "Enter") location.assign(`/documents/${encodeURIComponent(button.dataset.document)}?path=${encodeURIComponent(button.dataset.path)}`);
    else if (/^[0-9xX]$/.test(event.key) && !event.ctrlKey && !event.altKey) correct(button, event.key.toUpperCase());
    else if (event.key === "Escape") undo();
    else return;
    event.preventDefault();
  });
});
load();
to(0);
