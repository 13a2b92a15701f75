// A lesson: the draft over its samples, changed field by field, with what the samples say by it.

import { element, finished, get, post, say } from "./server.js";
import { Board } from "./board.js";
import { fieldItem, formHead } from "./drafted.js";

const SOON = 350; // milliseconds after a change until the samples are read by it
const POLL = 120;
let state = JSON.parse(document.getElementById("state").textContent);
const base = `/teaching/${state.lesson}`;
const busy = document.getElementById("busy");
const saving = document.getElementById("save");
const sheet = document.getElementById("sheet");
let board = null;
let trial = { copies: [], faults: [], lines: [] };
let current = null; // the field in hand
let mode = null; // what a box that is drawn is for: label, value, add, column
let timer = 0;
let dirty = false;
let running = null;

const all = () => [...state.draft.fields, ...state.draft.rows];

async function begin() {
  const start = document.getElementById("start");
  if (start) {
    start.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = start.querySelector("button");
      button.disabled = true;
      busy.textContent = "正在识别样表并起草，约需半分钟…";
      try {
        const { job } = await post(`${base}/draft`, { form: start.elements.form ? start.elements.form.value : "" });
        trial = (await finished(job)).shown;
        state = await get(`${base}/state`);
        start.remove();
        show();
      } catch (error) {
        say(error.message);
        button.disabled = false;
      }
      busy.textContent = "";
    });
    if (location.hash === "#draft") start.requestSubmit();
    return;
  }
  show();
  await read(() => post(`${base}/try`, {}));
}

function show() {
  board = new Board(document.getElementById("viewer"), `${base}/pages`, state.pages);
  document.getElementById("tabs").replaceChildren(...state.pages.map((page, i) => {
    const button = element("button", { type: "button", text: `${state.samples[page.copy]} ${i + 1}`, title: state.samples[page.copy] });
    button.textContent = `第 ${i + 1} 页`;
    button.addEventListener("click", () => board.show(i));
    return button;
  }));
  board.root.addEventListener("page", (event) => {
    for (const [i, tab] of [...document.getElementById("tabs").children].entries()) tab.setAttribute("aria-pressed", String(i === event.detail));
  });
  board.root.addEventListener("point", (event) => point(event.detail));
  board.root.addEventListener("box", (event) => drawn(event.detail));
  saving.disabled = false;
  list();
  if (state.pages.length) board.show(0);
  paint();
}

// ---- the list

function list() {
  document.getElementById("heading").textContent = state.draft.title || "（没有标题）";
  const head = formHead(state.draft, changed);
  const notes = state.draft.notes.map((text) => element("p", { className: "waiting", text }));
  const parts = [head, ...notes, element("h2", { text: "字段" }), group("fields")];
  if (state.draft.rows.length) parts.push(element("h2", { text: "表格列" }), group("rows"));
  sheet.replaceChildren(...parts);
  tell();
}

function group(kind) {
  const host = element("ol", { className: "form drafted" });
  for (const field of state.draft[kind]) host.append(fieldItem(field, kind, state, { changed, act, take }));
  return host;
}

function take(field) {
  if (current === field) return;
  current = field;
  for (const item of sheet.querySelectorAll("[data-drafted]")) item.classList.toggle("current", item.drafted === field);
  const at = place(field);
  board.focusOn(at && at.page, at && at.quad);
  paint();
}

function act(deed, field, kind) {
  const fields = state.draft[kind];
  const at = fields.indexOf(field);
  if (deed === "label" || deed === "value") return arm(deed, field);
  if (deed === "remove") {
    fields.splice(at, 1);
    for (const other of all()) for (const name of ["inside", "near"]) if (other[name] === field.key) other[name] = null;
  } else {
    const to = deed === "up" ? at - 1 : at + 1;
    if (to < 0 || to >= fields.length) return undefined;
    fields.splice(to, 0, ...fields.splice(at, 1));
  }
  list();
  return changed();
}

// What the samples say, beside each field, and what is to be mended.
function tell() {
  for (const item of sheet.querySelectorAll("[data-drafted]")) {
    const field = item.drafted;
    const read = values(field);
    item.querySelector(".read").replaceChildren(...read.map(({ copy, text, accepted }) => element("li", {
      text: text || "（空）", className: accepted || !text ? "" : "doubt", title: state.samples[copy] || "",
    })));
  }
  document.getElementById("findings").replaceChildren(...trial.faults.map((text) => element("li", { text })));
}

function values(field) {
  const row = isColumn(field);
  return trial.copies.flatMap((copy) => (row ? copy.rows.map((r) => r[field.key]) : [copy.fields[field.key]])
    .filter(Boolean).map((found) => ({ ...found, copy: Number(copy.copy) })));
}

const isColumn = (field) => state.draft.rows.includes(field);

// Where a field's value stands on the page shown: as it was read, else as drafted. A column is one place, with its cells.
function place(field, page = null) {
  if (isColumn(field)) return column(field, page);
  const found = values(field).find((v) => v.quad && (page === null || v.page === page));
  if (found) return found;
  return field.value_quad && (page === null || field.page === page) ? { page: field.page, quad: field.value_quad } : null;
}

// Where a column stands: as drafted, on other pages from its first to its last cell as they were read.
function column(field, page) {
  if (field.value_quad && (page === null || field.page === page)) return { page: field.page, quad: field.value_quad };
  const read = values(field).filter((v) => v.quad);
  const on = page === null ? read[0] && read[0].page : page;
  const points = read.filter((v) => v.page === on).flatMap((v) => v.quad);
  if (!points.length) return null;
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { page: on, quad: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]] };
}

// Where a field's label stands on a page; the draft knows it on one of them.
function labelled(field, page) {
  if (field.label_quad && field.page === page) return field.label_quad;
  const hit = trial.lines.find(([at, text]) => at === page && field.labels.includes(text.split(/[:：]/)[0].replace(/\s+/g, "")));
  return hit ? hit[2] : null;
}

function paint() {
  if (!board) return;
  const page = board.page;
  const shapes = [];
  if (mode === "label") for (const [at, , quad] of trial.lines) if (at === page) shapes.push({ quad, kind: "line" });
  for (const field of all()) {
    const own = field === current ? " current" : "";
    const unsure = field.notes.length || field.sureness < 0.5 ? " unsure" : "";
    const label = labelled(field, page);
    if (label) shapes.push({ quad: label, kind: `label${own}`, title: field.title });
    const at = place(field, page);
    if (at) shapes.push({ quad: at.quad, kind: `${isColumn(field) ? "column" : "value"}${own}${unsure}`, title: field.title });
  }
  board.draft(shapes);
}

// ---- reading by the draft

function changed() {
  document.getElementById("heading").textContent = state.draft.title || "（没有标题）";
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(flush, SOON);
}

// One request after another: each carries the revision that the one before it left.
function flush() {
  clearTimeout(timer);
  if (running) return running;
  running = (async () => {
    while (dirty) {
      dirty = false;
      await read(() => post(`${base}/change`, { revision: state.revision, draft: given() }));
    }
  })().finally(() => { running = null; });
  return running;
}

function given() {
  const fields = (some) => some.map(({ values: _, ...field }) => field);
  const { type, title, titles, max_pages, workbook, sheet: tab, fields: f, rows } = state.draft;
  return { type, title, titles, max_pages, workbook, sheet: tab, fields: fields(f), rows: fields(rows) };
}

async function read(ask) {
  busy.textContent = "正在试读…";
  try {
    const { job, revision } = await ask();
    state.revision = revision;
    const found = (await finished(job, POLL)).shown;
    trial = found.faults.length ? { ...trial, faults: found.faults, lines: found.lines } : found;
    say("");
    tell();
    paint();
  } catch (error) {
    say(error.message);
  }
  busy.textContent = "";
}

// ---- boxes and points on the sample

function arm(what, field = null) {
  mode = what;
  if (field) take(field);
  board.root.classList.toggle("drawing", Boolean(what));
  for (const tool of ["add", "column"]) document.querySelector(`[data-tool="${tool}"]`).setAttribute("aria-pressed", String(what === tool));
  if (what === "label") say("请在样表上点这个字段的标签，或框出标签的字。", "note");
  else if (what === "value") say("请在样表上框出这个字段填写的地方。", "note");
  else if (what === "add") say("请框出新字段填写的地方。", "note");
  else if (what === "column") say("请在表格里框出这一列填写的地方，不含表头。", "note");
  else say("");
  paint();
}

function point({ page, at }) {
  if (mode === "label") {
    const hit = trial.lines.filter(([p, , quad]) => p === page && within(quad, at)).sort((a, b) => size(a[2]) - size(b[2]))[0];
    if (hit) relabel(hit[1].split(/[:：]/)[0].replace(/\s+/g, ""), hit[2], page);
    return;
  }
  const places = all().flatMap((field) => {
    const found = place(field, page);
    return [labelled(field, page), found && found.quad].filter(Boolean).map((quad) => ({ field, quad }));
  });
  const hit = places.filter(({ quad }) => within(quad, at)).sort((a, b) => size(a.quad) - size(b.quad))[0];
  if (hit) itemOf(hit.field).querySelector("input").focus();
}

function relabel(label, quad, page) {
  Object.assign(current, { labels: [label], label_quad: quad, page, inside: null, notes: [], sureness: 1 });
  arm(null);
  list();
  mark();
  changed();
}

async function drawn({ page, quad }) {
  const what = mode;
  const field = current;
  const kind = what === "value" && isColumn(field) ? "column" : what === "add" ? "value" : what;
  if (!what) return;
  arm(null);
  try {
    await flush();
    const { job } = await post(`${base}/box`, { page, quad, what: kind });
    const { shown: found } = await finished(job, POLL);
    if (what === "add") add(found, page, "fields");
    else if (what === "column") add(found, page, "rows");
    else if (!found.label && !found.inside) say("框的旁边没有找到标签。请点“标签”，在样表上点出来。");
    else if (what === "label") relabel(found.label, found.label_quad, page);
    else {
      Object.assign(field, { page, value_quad: found.value_quad, notes: [], sureness: 1 });
      if (["seal", "signature"].includes(field.type) && found.inside && found.inside !== field.key) field.near = found.inside;
      else if (found.inside && found.inside !== field.key) field.inside = found.inside;
      else if (found.label) Object.assign(field, { labels: [found.label], label_quad: found.label_quad, inside: null });
      list();
      mark();
      changed();
    }
  } catch (error) {
    say(error.message);
  }
}

function add(found, page, kind) {
  if (kind === "rows" && !found.label) {
    say("框的上方没有找到这一列的表头。请从表头下面第一格框起。");
    return;
  }
  const taken = new Set(all().map((f) => f.key));
  let key = found.key;
  for (let n = 2; taken.has(key); n++) key = `${found.key}_${n}`;
  const type = offered(found.type, kind);
  const field = {
    key, title: found.label, type, labels: found.label ? [found.label] : [], options: type === found.type ? found.options : [], dictionary: null,
    multiple: false, required: false, printed: false, inside: kind === "rows" ? null : found.inside, near: null, page,
    label_quad: found.label_quad, value_quad: found.value_quad, sureness: 1, notes: [],
  };
  state.draft[kind].push(field);
  list();
  itemOf(field).querySelector("input").focus();
  changed();
}

// A type that a column cannot have gives way to text.
const offered = (type, kind) => (state.types[kind].some(([key]) => key === type) ? type : "text");

const itemOf = (field) => [...sheet.querySelectorAll("[data-drafted]")].find((one) => one.drafted === field);

const mark = () => { for (const item of sheet.querySelectorAll("[data-drafted]")) item.classList.toggle("current", item.drafted === current); };

const size = (quad) => (Math.max(...quad.map((p) => p[0])) - Math.min(...quad.map((p) => p[0]))) * (Math.max(...quad.map((p) => p[1])) - Math.min(...quad.map((p) => p[1])));

function within(quad, { x, y }) {
  const xs = quad.map((p) => p[0]);
  const ys = quad.map((p) => p[1]);
  return x >= Math.min(...xs) && x <= Math.max(...xs) && y >= Math.min(...ys) && y <= Math.max(...ys);
}

// ---- tools and saving

for (const tool of document.querySelectorAll("[data-tool]")) {
  tool.addEventListener("click", () => {
    if (!board) return;
    if (tool.dataset.tool === "in") board.zoom(1.25);
    if (tool.dataset.tool === "out") board.zoom(0.8);
    if (tool.dataset.tool === "turn") board.rotate();
    if (["add", "column"].includes(tool.dataset.tool)) arm(mode === tool.dataset.tool ? null : tool.dataset.tool);
  });
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && mode) arm(null); });
document.getElementById("viewer").addEventListener("page", () => paint());

async function save(sure) {
  saving.disabled = true;
  try {
    await flush();
    const answer = await post(`${base}/save`, { revision: state.revision, sure });
    if (answer.saved) location.assign(`${base}/taught`);
    else ask(answer.findings);
  } catch (error) {
    say(error.message);
  }
  saving.disabled = false;
}

function ask(findings) {
  const still = element("button", { type: "button", text: "仍然保存" });
  still.addEventListener("click", () => save(true));
  const items = findings.map((text) => element("li", { text }));
  document.getElementById("findings").replaceChildren(...items, element("li", {}, still));
  document.getElementById("findings").scrollIntoView({ block: "nearest" });
}

saving.addEventListener("click", () => save(false));
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

begin();
