// The panel of a feedback document: which claim each thing served fulfils, and why; another one, or none.

import { element, get } from "./server.js";

const PAUSE = 150; // milliseconds after the last key before claims are searched for

export class Claims {
  // `act(path, data, after)` has the server do something to the document, and then calls `after`.
  constructor(root, base, act) {
    this.root = root;
    this.base = base;
    this.act = act;
    this.list = element("ul", { className: "served-list" });
    root.append(this.list);
    this.served = this.later = null;
    this.search = null;
  }

  // Whether something that was said is not in the workbooks yet.
  get waits() {
    return (this.served || []).some((one) => one.waits);
  }

  update(served) {
    if (!served || this.search || JSON.stringify(served) === JSON.stringify(this.served)) {
      this.later = served || this.later;
      return;
    }
    this.later = this.served = served;
    this.list.replaceChildren(...served.map((one, i) => this.item(one, i)));
    if (!served.length) this.list.append(element("li", { className: "note", text: "台账生成后显示这份反馈对应哪条认领。" }));
  }

  item(one, i) {
    const item = element("li", { className: "served" });
    item.dataset.project = one.project;
    const head = element("p", { className: "matched", id: `served-${i}` });
    head.append(element("strong", { text: one.project || "（项目未填）" }), " → ");
    if (one.claim) head.append(...described(one.claim));
    else head.append(element("span", { className: "reason link", text: one.waits && !one.decided ? "等待重新匹配" : "没有对应的认领" }));
    item.append(head);
    if (one.why) item.append(element("p", { className: "note why", text: one.why }));
    if (one.waits) item.append(element("p", { className: "waiting", text: "已记下，台账稍后按此更新。" }));
    const others = one.near.filter((claim) => !one.claim || claim.number !== one.claim.number);
    if (others.length && !one.decided) item.append(this.near(one, others, i));
    item.append(this.deeds(one, i));
    return item;
  }

  near(one, others, i) {
    const list = element("ul", { className: "near" });
    for (const claim of others) {
      const button = this.button("对应这条", `near ${claim.number}`, () => this.assign(one, claim.number, i));
      button.setAttribute("aria-label", `对应这条：${claim.by} ${claim.project}`);
      list.append(element("li", {}, ...described(claim), " ", button));
    }
    return list;
  }

  deeds(one, i) {
    const deeds = element("div", { className: "deeds", role: "group" });
    deeds.setAttribute("aria-labelledby", `served-${i}`);
    if (one.claim || !one.decided) deeds.append(this.button("不对应任何认领", "none", () => this.assign(one, null, i)));
    deeds.append(this.button("改为另一条", "other", () => this.open(one, i, deeds)));
    if (one.decided) deeds.append(this.button("撤销", "undo", () => this.act("/claim/withdraw", { project: one.project }, () => this.focus(i))));
    return deeds;
  }

  button(text, deed, press) {
    const button = element("button", { type: "button", text });
    button.dataset.deed = deed;
    button.addEventListener("click", press);
    return button;
  }

  assign(one, number, i) {
    this.close();
    this.act("/claim", { project: one.project, number }, () => this.focus(i));
  }

  // Where the work on a thing goes on: the button that takes back, or the first there is.
  focus(i) {
    const item = this.list.children[i];
    const button = item && (item.querySelector('[data-deed="undo"]') || item.querySelector("[data-deed]"));
    if (button) button.focus();
  }

  open(one, i, deeds) {
    if (this.search) this.close();
    this.search = new Search(`${this.base}/claims?project=${encodeURIComponent(one.project)}`, (claim) => {
      if (claim) this.assign(one, claim.number, i);
      else {
        this.close();
        this.focus(i);
      }
    });
    deeds.after(this.search.root);
    this.search.begin();
  }

  close() {
    if (!this.search) return;
    this.search.root.remove();
    this.search = null;
    this.update(this.later);
  }
}

// A box to search claims in; `take` gets the one that is chosen, or null where somebody gives up.
class Search {
  constructor(address, take) {
    this.address = address;
    this.take = take;
    this.found = [];
    this.at = -1;
    this.input = element("input", { type: "text", role: "combobox", autocomplete: "off", maxLength: 100, spellcheck: false });
    this.input.placeholder = "单位、社区、项目或编号，用空格隔开";
    const named = { "aria-label": "查找认领", "aria-autocomplete": "list", "aria-expanded": "true", "aria-controls": "claims-found" };
    for (const [name, value] of Object.entries(named)) this.input.setAttribute(name, value);
    this.options = element("ul", { id: "claims-found", role: "listbox", className: "claims-found" });
    this.options.setAttribute("aria-label", "找到的认领");
    this.told = element("p", { className: "note", role: "status" });
    const cancel = element("button", { type: "button", text: "取消" });
    cancel.addEventListener("click", () => this.take(null));
    this.root = element("div", { className: "claim-search" }, this.input, " ", cancel, this.options, this.told);
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), PAUSE);
    });
    this.root.addEventListener("keydown", (event) => this.press(event));
  }

  begin() {
    this.input.focus();
    this.look();
  }

  async look() {
    if (this.asking) this.asking.abort();
    this.asking = new AbortController();
    try {
      const { claims, most } = await get(`${this.address}&q=${encodeURIComponent(this.input.value.trim())}`, this.asking.signal);
      this.show(claims, most);
    } catch (error) {
      if (error.status) this.told.textContent = error.message;
    }
  }

  show(claims, most) {
    this.found = claims;
    this.options.replaceChildren(...claims.map((claim, i) => {
      const option = element("li", { role: "option", id: `claim-found-${i}` }, ...described(claim));
      option.addEventListener("click", () => this.take(claim));
      return option;
    }));
    this.told.textContent = claims.length === 0 ? "没有找到。" : claims.length < most ? `找到 ${claims.length} 条。` : `只列出前 ${most} 条，请再输入几个字。`;
    this.mark(claims.length ? 0 : -1);
  }

  mark(at) {
    this.at = at;
    for (const [i, option] of [...this.options.children].entries()) option.setAttribute("aria-selected", String(i === at));
    const marked = this.options.children[at];
    if (marked) {
      this.input.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method is at work
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.take(null);
    else if (event.target === this.input && step && this.found.length) this.mark((this.at + step + this.found.length) % this.found.length);
    else if (event.target === this.input && event.key === "Enter" && this.found[this.at]) this.take(this.found[this.at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// What tells a claim from others.
function described(claim) {
  const whose = [claim.by, claim.community].filter(Boolean).join("，");
  const parts = [element("span", { className: "claim", text: whose ? `${claim.project}（${whose}）` : claim.project })];
  if (claim.status) parts.push(" ", element("span", { className: "badge", text: claim.status }));
  if (claim.number) parts.push(" ", element("code", { text: claim.number }));
  return parts;
}
