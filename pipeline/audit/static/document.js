// A document's page: fields worked through by keyboard, the scan following.

import { Claims } from "./claims.js";
import { Entry, offers } from "./entry.js";
import { element, finished, get, post, say } from "./server.js";
import { Viewer } from "./viewer.js";

const first = JSON.parse(document.getElementById("state").textContent);
const base = `/documents/${encodeURIComponent(first.id)}`;
const viewer = new Viewer(document.getElementById("viewer"), `${base}/pages`, first.pages, first.turn);
const entries = new Map();
let state = first;
let current = null;
const menu = document.getElementById("more");
const claims = document.getElementById("claims") && new Claims(document.getElementById("claims"), base, actOnClaim);

const byPath = (data) => new Map(data.fields.map((f) => [f.path, f]));

function begin() {
  const fields = byPath(state);
  for (const root of document.querySelectorAll("[data-field]")) {
    const entry = new Entry(root, fields.get(root.dataset.path));
    entries.set(entry.path, entry);
    wire(entry);
  }
  wirePage();
  if (claims) claims.update(state.served);
  if (state.pages.length) viewer.show(0);
  const said = JSON.parse(sessionStorage.getItem(SAID) || "{}");
  sessionStorage.removeItem(SAID);
  const wanted = (said.path && [...entries.values()].find((e) => e.path.startsWith(said.path))) || entries.get(first.focus) || nextOpen(null);
  if (wanted) wanted.focus();
  else focusQuestion();
  if (said.text) say(said.text, said.kind);
  undoHere();
}

// ---- the field in focus

function wire(entry) {
  entry.root.addEventListener("focusin", () => enter(entry));
  entry.root.addEventListener("input", (event) => {
    if (event.isTrusted) entry.editing = true; // also where an input method wrote it
    check(entry);
  });
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
  const help = document.querySelector(".row-help"); // what a cell of a table has no room for
  if (help) help.hidden = Boolean(entry.root.querySelector(".crop"));
  const host = entry.root.querySelector(".crop") || help.querySelector(".crop");
  for (const crop of document.querySelectorAll(".crop")) if (crop !== host) crop.replaceChildren();
  host.classList.toggle("inked", Boolean(field.quad) && !entry.box);
  if (field.quad && !entry.box && !host.querySelector(`[data-of="${CSS.escape(field.path)}"]`)) {
    const image = element("img", { alt: "", src: `${base}/crop?path=${encodeURIComponent(field.path)}&height=72` });
    image.dataset.of = field.path;
    host.replaceChildren(image);
  } else if (!field.quad || entry.box) host.replaceChildren();
  offer(entry);
  entry.root.scrollIntoView({ block: "nearest" });
}

function offer(entry, texts = entry.state.alternatives) {
  const host = entry.root.querySelector(".alternatives") || document.querySelector(".row-help .alternatives");
  for (const other of document.querySelectorAll(".alternatives")) other.replaceChildren();
  host.replaceChildren(...offers(texts, entry.kind === "text" ? entry.stored : "", (text) => {
    entry.put(text);
    entry.input.focus();
  }));
}

function press(entry, event) {
  if (event.isComposing || event.keyCode === 229) return; // an input method is at work
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (event.key === "Enter" && plain && !event.shiftKey) {
    // Pressed in the rhythm of the work, before anybody can have read what went wrong.
    if (event.timeStamp - failedAt < READING) return done(event);
    return done(event, accept(entry));
  }
  failedAt = -Infinity;
  if (event.key === "Escape" && !menu.open && !drawing()) return done(event, entry.dirty && !entry.pending ? giveUp(entry) : undo());
  if (event.key === "F2") return done(event, entry.edit());
  if (/^[0-9]$/.test(event.key) && (plain || event.altKey)) {
    const editing = entry.editing;
    if (event.altKey) entry.editing = false;
    if (entry.choose(Number(event.key), event.timeStamp)) return done(event);
    entry.editing = editing;
  } else entry.digits.forget();
  if (event.key === " " && entry.kind === "mark") return done(event, entry.switch());
  if (entry.kind.startsWith("box")) {
    if (event.key === " ") return done(event, entry.toggle(entry.option()));
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") return done(event, entry.move(event.key === "ArrowRight" ? 1 : -1));
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
  say("");
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
      if (error.status) say(error.message);
    }
  }, 120);
}

// ---- saving. One request after another, so that each knows the revision the last one left.
// Where one fails, what waits behind it is not sent: a person has to see the message first.

const READING = 800; // milliseconds

let busy = Promise.resolve();
let round = 0;
let failedAt = -Infinity;

function inTurn(work, entry = null) {
  const begun = round;
  busy = busy.then(async () => {
    if (begun !== round) return;
    try {
      await work();
    } catch (error) {
      round += 1;
      await failed(error, entry);
    }
  });
  return busy;
}

function accept(entry) {
  const { typed, box, path } = entry;
  entry.pending = true;
  const next = nextOpen(entry);
  inTurn(async () => {
    const answer = await post(`${base}/fields`, { path, typed, box, revision: state.revision });
    entry.pending = false;
    entry.state = { ...entry.state, ...byPath(answer).get(path) };
    if (JSON.stringify(entry.typed) === JSON.stringify(typed)) entry.revert();
    remember({ id: state.id, path });
    say(answer.waits ? "已提出更正，须由第二人在“复核”中同意后才生效。" : "", "note");
    apply(answer);
    if (next) return;
    const left = nextOpen(null);
    if (left) left.focus();
    else finishedHere(entry);
  }, entry);
  if (next) next.focus();
}

async function failed(error, entry) {
  failedAt = performance.now();
  const unsent = [...entries.values()].filter((e) => e.pending && e !== entry).length;
  for (const other of entries.values()) other.pending = false;
  const before = entry && { stored: entry.stored, typed: entry.typed, dirty: entry.dirty };
  let message = error.message;
  if (unsent) message += `其后的 ${unsent} 处也没有保存。`;
  say(message);
  if (error.status === 409) await lookAgain(message, entry, before);
  if (entry) entry.focus();
}

// Somebody else was faster: show what they left, and keep what was typed here.
async function lookAgain(message, entry, before) {
  let now;
  try {
    now = await get(`${base}/state`);
  } catch {
    return;
  }
  if (now.rows !== state.rows || now.supersededBy !== state.supersededBy) {
    const again = element("button", { type: "button", text: "重新载入这份文档" });
    again.addEventListener("click", () => location.reload());
    document.getElementById("notice").append(" ", again);
    return;
  }
  if (now.revision === state.revision) return;
  apply(now);
  if (!entry) return;
  const moved = JSON.stringify(entry.stored) !== JSON.stringify(before.stored);
  const stands = moved ? `“${entry.title}”现在是“${entry.shown(entry.stored)}”。` : "他人改的是别处，已显示在此页。";
  const yours = before.dirty ? `您输入的“${entry.shown(before.typed)}”还在：按回车保存您的，按 Esc 用现在的。` : "请核对后再按回车。";
  say(`${message} ${stands}${yours}`);
}

const SAID = "said";

// The page anew, where it has to be drawn otherwise; what it said last stays in sight.
function renew(path = "") {
  const { textContent, dataset } = document.getElementById("notice");
  sessionStorage.setItem(SAID, JSON.stringify({ text: textContent, kind: dataset.kind, path }));
  location.reload();
}

function apply(data) {
  if (data.rows !== state.rows) {
    renew();
    return;
  }
  state = { ...state, ...data };
  const fields = byPath(data);
  for (const [path, entry] of entries) if (fields.has(path)) entry.update(fields.get(path));
  const badge = document.getElementById("status");
  badge.textContent = data.statusName;
  badge.className = `badge ${data.status}`;
  if (claims) claims.update(data.served);
  document.getElementById("left").textContent = data.open ? `还有 ${data.open} 处` : "已核对完";
  const asked = new Set(data.questions.map((q) => q.code));
  const shown = [...document.querySelectorAll("#document-questions [data-code]")];
  for (const item of shown) item.hidden = !asked.has(item.dataset.code);
  if (shown.filter((item) => !item.hidden).length !== asked.size) renew(); // a question that this page has no line for
}

// The next field to look at, from an entry on, and then from the top.
function nextOpen(entry) {
  const all = [...entries.values()];
  const at = entry ? all.indexOf(entry) : -1;
  const rest = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))];
  return rest.find((e) => e.state.open && !e.pending && !e.state.proposal) || null;
}

function finishedHere(entry) {
  if (state.questions.length) focusQuestion();
  else if (first.queue !== null) go("next");
  else if (entry) entry.focus();
}

function focusQuestion() {
  const button = [...document.querySelectorAll("[data-acknowledge]")].find((b) => !b.closest("li").hidden);
  if (button) button.focus();
  else document.getElementById("viewer").focus();
}

// ---- undoing, also across documents. What was done is remembered for this tab and this person.

const REMEMBERED = `done:${document.body.dataset.user}`;
const UNDOING = "undoing";

function remembered() {
  return JSON.parse(sessionStorage.getItem(REMEMBERED) || "[]");
}

function keep(deeds) {
  sessionStorage.setItem(REMEMBERED, JSON.stringify(deeds.slice(-100)));
}

function remember(deed) {
  keep([...remembered(), deed]);
}

function undo() {
  inTurn(async () => {
    const deeds = remembered();
    const last = deeds.pop();
    if (!last) say("没有可撤销的操作。", "note");
    else if (last.id === state.id) await takeBack(last);
    else if (!unsaved()) {
      const query = first.queue !== null ? `queue=1&${first.queue}&` : "";
      // Kept here and not in the address: no link from elsewhere may undo anything.
      sessionStorage.setItem(UNDOING, JSON.stringify(last));
      location.assign(`/documents/${encodeURIComponent(last.id)}?${query}path=${encodeURIComponent(last.path)}`);
    }
  });
}

// What another document's page was asked to undo here.
function undoHere() {
  const wanted = JSON.parse(sessionStorage.getItem(UNDOING) || "null");
  sessionStorage.removeItem(UNDOING);
  if (!wanted || wanted.id !== state.id) return false;
  inTurn(() => takeBack(wanted));
  return true;
}

async function takeBack(deed) {
  const { revision } = state;
  keep(remembered().slice(0, -1));
  try {
    const answer = await post(`${base}/withdraw`, { path: deed.path, revision });
    say("已撤销。", "note");
    const entry = entries.get(deed.path);
    if (entry) {
      entry.state = { ...entry.state, ...byPath(answer).get(deed.path) };
      entry.revert();
    }
    apply(answer);
    if (deed.path.startsWith("@")) return renew();
    if (entry) entry.focus();
    else focusQuestion();
  } catch (error) {
    if (!error.status) remember(deed);
    throw error;
  }
  return undefined;
}

// What the paper calls a field that nobody defined: another name for it, which stays where it stands.
function relabel({ relabel: path, label, title }) {
  const said = prompt("纸上的标签是：", title);
  if (said === null || !said.trim() || said.trim() === title) return;
  act("/label", { path, label: said.trim() }, () => {
    remember({ id: state.id, path: `@${label}` });
    say("标签已更正，台账随后更新。", "note");
    renew(path);
  });
}

// ---- the page around the fields

// Whether something typed would be lost by leaving; says so.
function unsaved() {
  const left = [...entries.values()].find((e) => e.dirty && !e.pending);
  if (left) {
    left.focus();
    say(`“${left.title}”改了还没有保存：按回车保存，或按 Esc 放弃。`);
  }
  return Boolean(left);
}

function go(where) {
  if (unsaved()) return;
  const begun = round;
  busy.then(() => {
    if (begun !== round) return;
    if (where === "previous") history.back();
    else location.assign(`/desk/next?after=${encodeURIComponent(state.id)}${first.queue ? `&${first.queue}` : ""}`);
  });
}

function act(path, data, after) {
  if (unsaved()) return;
  inTurn(async () => {
    await after(await post(base + path, { ...data, revision: state.revision }));
  });
}

function actOnClaim(path, data, after) {
  act(path, data, async (answer) => {
    if (path === "/claim") remember({ id: state.id, path: `>${data.project}` });
    apply(answer);
    after();
  });
}

// The workbooks were written: what waited for them can be shown as it came out.
async function lookAtClaims() {
  const now = await get(`${base}/state`);
  if (now.revision === state.revision && ![...entries.values()].some((e) => e.dirty)) apply(now);
  else claims.update(now.served);
}

const reread = async ({ job }) => {
  menu.open = false;
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
    say(drawing() ? "请在原件上按住鼠标，框出这个字段的字迹。" : "", "note");
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
    await failed(error, entry);
  }
}

function drawing() {
  return viewer.root.classList.contains("drawing");
}

function escape() {
  if (menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (drawing()) tool("box");
  else undo();
}

// A list with other rows is shown anew; which rows a deed was about is remembered first.
function changedRows(index) {
  remember({ id: state.id, path: `rows.${index}` });
  renew(`rows.${index}.`);
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
      remember({ id: state.id, path: `!${button.dataset.acknowledge}` });
      apply(answer);
      const open = nextOpen(null);
      if (open) open.focus();
      else if (state.questions.length || first.queue !== null) finishedHere(null);
      else focusQuestion();
    }));
  }
  for (const button of document.querySelectorAll("[data-unacknowledge]")) {
    button.addEventListener("click", () => act("/withdraw", { path: `!${button.dataset.unacknowledge}` }, () => renew()));
  }
  for (const button of document.querySelectorAll("[data-relabel]")) {
    button.addEventListener("click", () => relabel(button.dataset));
  }
  for (const button of document.querySelectorAll("[data-remove-row]")) {
    const index = Number(button.dataset.removeRow);
    button.addEventListener("click", () => act("/rows/remove", { index }, () => changedRows(index)));
  }
  const add = document.getElementById("add-row");
  if (add) add.addEventListener("click", () => act("/rows", {}, () => changedRows(state.rows)));
  document.addEventListener("keydown", (event) => {
    const named = { F6: "whole", F7: "box", F8: "turn" }[event.key];
    if (named) done(event, tool(named));
    else if (event.key === "PageDown") done(event, go("next"));
    else if (event.key === "PageUp") done(event, go("previous"));
    else if (event.key === "Escape") done(event, escape());
  });
  document.addEventListener("told", (event) => {
    if (claims && claims.waits && event.detail === "idle") lookAtClaims().catch((error) => say(error.message));
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...entries.values()].some((e) => e.dirty || e.pending)) event.preventDefault();
  });
}

begin();
