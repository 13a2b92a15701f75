// The inputs of a draft: of the form as a whole, and of one field.

import { element } from "./server.js";

const parts = (text) => text.split(/[、,，;；\n]+/).map((part) => part.trim()).filter(Boolean);
const WITH_OPTIONS = ["choice", "checkboxes"];

function input(label, value, put, more = {}) {
  const box = element("input", { type: "text", value, autocomplete: "off", spellcheck: false, maxLength: 100, ...more });
  box.addEventListener("input", () => put(box.value));
  return element("label", { text: label }, box);
}

function tick(label, on, put) {
  const box = element("input", { type: "checkbox", checked: on });
  box.addEventListener("change", () => put(box.checked));
  const whole = element("label", { className: "tick" }, box);
  whole.append(label);
  return whole;
}

function select(label, choices, value, put) {
  const box = element("select", {}, ...choices.map(([key, name]) => element("option", { value: key, text: name, selected: key === value })));
  box.addEventListener("change", () => put(box.value));
  return element("label", { text: label }, box);
}

export function formHead(draft, changed) {
  const set = (name) => (value) => { draft[name] = value; changed(); };
  return element("div", { className: "drafted-head" },
    input("标题", draft.title, set("title")),
    input("英文名", draft.type, set("type"), { maxLength: 64 }),
    input("台账", draft.workbook, (value) => { if (value.trim()) set("workbook")(value); }, { maxLength: 60 }),
    input("工作表", draft.sheet || draft.title.slice(0, 28), set("sheet"), { maxLength: 28 }),
    input("每份最多页数", String(draft.max_pages), (value) => { if (/^[1-9]\d?$/.test(value)) set("max_pages")(Number(value)); }, { inputMode: "numeric", maxLength: 2 }));
}

export function fieldItem(field, kind, state, { changed, act, take }) {
  const item = element("li", { className: "field" });
  item.dataset.drafted = field.key;
  item.dataset.status = field.notes.length || field.sureness < 0.5 ? "review" : "";
  item.drafted = field;
  const set = (name) => (value) => { field[name] = value; changed(); };
  const options = input("选项", field.options.join("、"), (value) => set("options")(parts(value)), { maxLength: 2000 });
  const several = tick("可选几项", field.multiple, set("multiple"));
  const lists = select("名单", [["", "请选择"], ...state.dictionaries], field.dictionary || "", (value) => set("dictionary")(value || null));
  const fit = () => {
    options.hidden = !WITH_OPTIONS.includes(field.type);
    several.hidden = !WITH_OPTIONS.includes(field.type);
    lists.hidden = field.type !== "dictionary";
  };
  const main = element("div", { className: "drafted-main" },
    input("名称", field.title, set("title")),
    select("类型", state.types[kind], field.type, (value) => { set("type")(value); fit(); }),
    tick("必填", field.required, set("required")));
  const rest = element("div", { className: "drafted-rest" },
    input("英文名", field.key, (value) => {
      for (const other of [...state.draft.fields, ...state.draft.rows]) for (const name of ["inside", "near"]) if (other[name] === field.key) other[name] = value;
      set("key")(value);
    }, { maxLength: 64 }),
    input("纸上的标签", field.labels.join("、"), (value) => set("labels")(parts(value)), { maxLength: 1000 }),
    options, several, lists);
  const deeds = element("div", { className: "deeds" });
  for (const [deed, name] of [["label", "点选标签"], ["value", "框选位置"], ["up", "上移"], ["down", "下移"], ["remove", "删除"]]) {
    const button = element("button", { type: "button", text: name, "aria-label": `${name}：${field.title}` });
    button.dataset.deed = deed;
    button.addEventListener("click", () => act(deed, field, kind));
    deeds.append(button);
  }
  const notes = field.notes.map((text) => element("p", { className: "waiting", text }));
  item.append(main, element("ul", { className: "read" }), ...notes, rest, deeds);
  item.addEventListener("focusin", () => take(field));
  fit();
  return item;
}
