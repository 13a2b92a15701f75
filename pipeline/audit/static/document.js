// A document's page: fields worked through by keyboard, the scan following.

import { Entry } from "./entry.js";
import { element, finished, post, say, Refused } from "./server.js";
import { Viewer } from "./viewer.js";

const first = JSON.parse(document.getElementById("state").textContent);
const base = `/documents/${encodeURIComponent(first.id)}`;
const viewer = new Viewer(document.getElementById("viewer"), first.id, first.pages, first.turn);
const entries = new Map();
let state = first;
let current = null;
let busy = Promise.resolve();

const byPath = (data) => new Map(data.fields.map((f) => [f.path, f]));

function begin() {
  const fields = byPath(state);
  for (const root of document.querySelectorAll("[data-field]")) {
    const entry = new Entry(root, fields.get(root.dataset.path));
    entries.set(entry.path, entry);
    wire(entry);
  }
  wirePage();
  if (state.pages.length) viewer.show(0);
  if (location.hash === "#undo" && state.focus) {
    history.replaceState(null, "", location.pathname + location.search);
    takeBack(state.focus);
  } else {
    const wanted = entries.get(state.focus) || nextOpen(null);
    if (wanted) wanted.focus();
    else focusQuestion();
  }
}

// ---- the field in focus

function wire(entry) {
  entry.root.addEventListener("focusin", () => enter(entry));
  entry.root.addEventListener("input", () => check(entry));
  entry.input.addEventListener("pointerdown", () => { entry.editing = true; });
  entry.root.addEventListener("keydown", (event) => press(entry, event));
  if (entry.kind === "mark") entry.input.addEventListener("click", (event) => { if (event.detail) entry.switch(); });
  if (entry.kind === "box" || entry.kind === "boxes") {
    entry.input.addEventListener("click", (event) => {
      const button = event.target.closest("[data-value]");
      if (button) entry.toggle(button);
    });
  }
}

function enter(entry) {
  if (current && current !== entry) {
    current.root.classList.remove("current");
    current.editing = false;
  }
  current = entry;
  entry.root.classList.add("current");
  const field = entry.state;
  viewer.focus(field.page, field.quad);
  const host = entry.root.querySelector(".crop") || document.querySelector(".row-help .crop");
  for (const crop of document.querySelectorAll(".crop")) if (crop !== host) crop.replaceChildren();
  if (field.quad && !host.querySelector(`[data-of="${CSS.escape(field.path)}"]`)) {
    const image = element("img", { alt: "", src: `${base}/crop?path=${encodeURIComponent(field.path)}&height=72` });
    image.dataset.of = field.path;
    host.replaceChildren(image);
  } else if (!field.quad) host.replaceChildren();
  offer(entry);
  entry.root.scrollIntoView({ block: "nearest" });
}

function offer(entry, texts = entry.state.alternatives) {
  const host = entry.root.querySelector(".alternatives") || document.querySelector(".row-help .alternatives");
  for (const other of document.querySelectorAll(".alternatives")) other.replaceChildren();
  host.replaceChildren(...texts.map((text, i) => {
    const button = element("button", { type: "button", tabIndex: -1 }, element("kbd", { text: String(i + 1) }), document.createTextNode(` ${text}`));
    button.addEventListener("click", () => { entry.put(text); entry.input.focus(); });
    return button;
  }));
}

function press(entry, event) {
  if (event.isComposing || event.keyCode === 229) return; // an input method is at work
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (event.key === "Enter" && plain && !event.shiftKey) return done(event, accept(entry));
  if (event.key === "Escape") return done(event, entry.dirty ? giveUp(entry) : undo());
  if (event.key === "F2") return done(event, entry.edit());
  if (/^[1-9]$/.test(event.key) && (plain || event.altKey)) {
    const editing = entry.editing;
    if (event.altKey) entry.editing = false;
    if (entry.choose(Number(event.key))) return done(event);
    entry.editing = editing;
  }
  if (event.key === " " && entry.kind === "mark") return done(event, entry.switch());
  if (event.key === " " && entry.kind.startsWith("box")) {
    const button = document.activeElement.closest("[data-value]") || entry.input.querySelector("[data-value]");
    return done(event, button && entry.toggle(button));
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (entry.input.tagName === "TEXTAREA" && entry.editing) return undefined;
    return done(event, step(entry, event.key === "ArrowDown" ? 1 : -1));
  }
  if (plain && (event.key.length === 1 || ["ArrowLeft", "ArrowRight", "Home", "End", "Backspace", "Delete"].includes(event.key))) entry.editing = true;
  return undefined;
}

function done(event) {
  event.preventDefault();
  event.stopPropagation();
}

function step(entry, by) {
  const all = [...entries.values()];
  const next = all[all.indexOf(entry) + by];
  if (next) next.focus();
}

function giveUp(entry) {
  entry.revert();
  entry.ask(entry.state.questions);
  entry.focus();
}

let asking = null;
let timer = 0;
function check(entry) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const { questions } = await post(`${base}/check`, { path: entry.path, typed: entry.typed }, asking.signal);
      if (entry.dirty) entry.ask(questions);
    } catch (error) {
      if (error instanceof Refused && error.status) say(error.message);
    }
  }, 120);
}

// ---- saving. One request after another, so that each knows the revision the last one left.

function accept(entry) {
  const typed = entry.typed;
  const box = entry.box;
  const path = entry.path;
  const next = nextOpen(entry);
  busy = busy.then(async () => {
    await save({ path, typed, box }, entry);
    if (!next) await finishedHere(entry);
  });
  if (next) next.focus();
  return busy;
}

async function save({ path, typed, box }, entry) {
  try {
    const answer = await post(`${base}/fields`, { path, typed, box, revision: state.revision });
    entry.editing = false;
    entry.state = { ...entry.state, ...byPath(answer).get(path) };
    if (JSON.stringify(entry.typed) === JSON.stringify(typed)) entry.revert();
    apply(answer);
    remember({ id: state.id, path });
    say(answer.waits ? "已提出更正，须由第二人在“复核”中同意后才生效。" : "", "note");
  } catch (error) {
    failed(error, entry);
    throw error;
  }
}

function failed(error, entry) {
  say(error.message);
  busy = Promise.resolve();
  if (error.status === 409) {
    const notice = document.getElementById("notice");
    const again = element("button", { type: "button", text: "重新载入这份文档" });
    again.addEventListener("click", () => location.reload());
    notice.append(" ", again);
  }
  if (entry) entry.focus();
}

function apply(data) {
  if (data.rows !== state.rows) {
    location.reload();
    return;
  }
  state = { ...state, ...data, focus: "", queue: first.queue };
  const fields = byPath(data);
  for (const [path, entry] of entries) if (fields.has(path)) entry.update(fields.get(path));
  const badge = document.getElementById("status");
  badge.textContent = data.statusName;
  badge.className = `badge ${data.status}`;
  document.getElementById("left").textContent = data.open ? `还有 ${data.open} 处` : "已核对完";
  const asked = new Set(data.questions.map((q) => q.code));
  for (const item of document.querySelectorAll("#document-questions [data-code]")) item.hidden = !asked.has(item.dataset.code);
}

function nextOpen(entry) {
  const all = [...entries.values()];
  const from = entry ? all.indexOf(entry) + 1 : 0;
  const rest = [...all.slice(from), ...all.slice(0, Math.max(0, from - 1))];
  return rest.find((e) => e.state.open && e !== entry && !e.state.proposal) || null;
}

async function finishedHere(entry) {
  if (state.questions.length) {
    focusQuestion();
    return;
  }
  if (first.queue !== null) go("next");
  else entry.focus();
}

function focusQuestion() {
  const button = [...document.querySelectorAll("[data-acknowledge]")].find((b) => !b.closest("li").hidden);
  if (button) button.focus();
  else document.getElementById("viewer").focus();
}

// ---- undoing, also across documents

const REMEMBERED = "done";
function remembered() {
  return JSON.parse(sessionStorage.getItem(REMEMBERED) || "[]");
}
function remember(deed) {
  sessionStorage.setItem(REMEMBERED, JSON.stringify([...remembered(), deed].slice(-100)));
}

function undo() {
  const deeds = remembered();
  const last = deeds.pop();
  if (!last) return say("没有可撤销的操作。", "note");
  sessionStorage.setItem(REMEMBERED, JSON.stringify(deeds));
  if (last.id === state.id) return takeBack(last.path);
  const query = first.queue !== null ? `queue=1&${first.queue}&` : "";
  location.assign(`/documents/${encodeURIComponent(last.id)}?${query}path=${encodeURIComponent(last.path)}#undo`);
  return undefined;
}

function takeBack(path) {
  busy = busy.then(async () => {
    try {
      apply(await post(`${base}/withdraw`, { path, revision: state.revision }));
      const entry = entries.get(path);
      if (entry) {
        entry.revert();
        entry.focus();
      }
      say("已撤销。", "note");
    } catch (error) {
      failed(error, null);
    }
  });
}

// ---- the page around the fields

function go(where) {
  if (where === "previous") history.back();
  else location.assign(`/desk/next?after=${encodeURIComponent(state.id)}${first.queue ? `&${first.queue}` : ""}`);
}

function act(path, data, after) {
  busy = busy.then(async () => {
    try {
      await after(await post(base + path, { ...data, revision: state.revision }));
    } catch (error) {
      failed(error, null);
    }
  });
}

const reread = async ({ job }) => {
  say("正在重新识别，请稍候…", "note");
  const { documents, failures } = await finished(job);
  if (failures.length) say(failures.join("；"));
  else location.assign(`/documents/${encodeURIComponent(documents.includes(state.id) ? state.id : documents[0])}${first.queue !== null ? `?queue=1&${first.queue}` : ""}`);
};

const structure = {
  reread: () => act("/reread", {}, reread),
  type: () => act("/type", { type: document.getElementById("new-type").value }, reread),
  split: () => act("/split", { before: Number(document.getElementById("split-before").value) }, reread),
  join: () => act("/join", { other: document.getElementById("other").value }, reread),
  duplicate: () => act("/duplicate", { of: document.getElementById("other").value }, () => location.reload()),
  "duplicate/undo": () => act("/duplicate/undo", {}, () => location.reload()),
};

function tool(name) {
  const pressed = (on) => document.querySelector(`[data-tool="${name}"]`).setAttribute("aria-pressed", String(on));
  if (name === "in") viewer.zoom(1.25);
  if (name === "out") viewer.zoom(0.8);
  if (name === "turn") viewer.rotate();
  if (name === "whole") {
    viewer.whole = !viewer.whole;
    pressed(viewer.whole);
    viewer.place();
  }
  if (name === "box") {
    if (!current || current.kind !== "text") return say("请先选中要重读的字段（签字、盖章和选项不能框选）。");
    pressed(viewer.root.classList.toggle("drawing"));
    say(viewer.root.classList.contains("drawing") ? "请在原件上按住鼠标，框出这个字段的字迹。" : "", "note");
  }
  return undefined;
}

async function readBox({ page, quad }) {
  const entry = current;
  tool("box");
  say("正在识别框中的字…", "note");
  try {
    const { job } = await post(`${base}/box`, { path: entry.path, page, quad });
    const { text, alternatives } = await finished(job);
    entry.box = { page, quad };
    entry.state = { ...entry.state, page, quad, alternatives };
    entry.focus();
    viewer.focus(page, quad);
    entry.put(text);
    offer(entry, alternatives);
    say(text ? "框中读到的字已填入，核对后按回车。" : "框中没有读到字。", "note");
  } catch (error) {
    failed(error, entry);
  }
}

function wirePage() {
  for (const button of document.querySelectorAll("[data-page]")) button.addEventListener("click", () => { viewer.show(Number(button.dataset.page)); });
  viewer.root.addEventListener("page", (event) => {
    for (const button of document.querySelectorAll("[data-page]")) button.setAttribute("aria-pressed", String(Number(button.dataset.page) === event.detail));
  });
  viewer.root.addEventListener("box", (event) => readBox(event.detail));
  for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => tool(button.dataset.tool));
  for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => go(button.dataset.go));
  for (const button of document.querySelectorAll("[data-structure]")) button.addEventListener("click", () => structure[button.dataset.structure]());
  for (const button of document.querySelectorAll("[data-acknowledge]")) {
    button.addEventListener("click", () => act("/acknowledge", { code: button.dataset.acknowledge }, async (answer) => {
      apply(answer);
      remember({ id: state.id, path: `!${button.dataset.acknowledge}` });
      const open = nextOpen(null);
      if (open) open.focus();
      else await finishedHere({ focus: focusQuestion });
    }));
  }
  for (const button of document.querySelectorAll("[data-unacknowledge]")) {
    button.addEventListener("click", () => act("/withdraw", { path: `!${button.dataset.unacknowledge}` }, () => location.reload()));
  }
  for (const button of document.querySelectorAll("[data-remove-row]")) {
    button.addEventListener("click", () => act("/rows/remove", { index: Number(button.dataset.removeRow) }, () => location.reload()));
  }
  const add = document.getElementById("add-row");
  if (add) add.addEventListener("click", () => act("/rows", {}, () => location.reload()));
  document.addEventListener("keydown", (event) => {
    const named = { F6: "whole", F7: "box", F8: "turn" }[event.key];
    if (named) done(event, tool(named));
    else if (event.key === "PageDown") done(event, go("next"));
    else if (event.key === "PageUp") done(event, go("previous"));
    else if (event.key === "Escape" && !event.defaultPrevented) done(event, undo());
  });
}

begin();
