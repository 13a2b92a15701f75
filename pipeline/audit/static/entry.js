// One field's input: what stands there, what was changed, what else may stand there.

import { element } from "./server.js";

// Two digits within so many milliseconds are a number being typed, and the first of them chose nothing.
const TYPING = 700;

export class Digits {
  constructor() {
    this.digit = "";
    this.time = -Infinity;
  }

  // Whether a digit goes on with the one before; what both make.
  follow(digit, time) {
    const both = time - this.time < TYPING ? this.digit + digit : "";
    this.digit = both ? "" : digit;
    this.time = time;
    return both;
  }

  forget() {
    this.time = -Infinity;
  }
}

// Buttons for what else may stand in a field; where only some characters differ, those are marked.
export function offers(texts, current, take) {
  return texts.map((text, i) => {
    const shown = element("span");
    const alike = text.length === current.length;
    for (const [at, character] of [...text].entries()) {
      shown.append(alike && character !== [...current][at] ? element("mark", { text: character }) : character);
    }
    const button = element("button", { type: "button", tabIndex: -1 }, element("kbd", { text: String(i + 1) }), " ", shown);
    button.addEventListener("click", () => take(text));
    return button;
  });
}

export class Entry {
  constructor(root, state) {
    this.root = root;
    this.path = root.dataset.path;
    this.kind = root.dataset.kind;
    this.input = root.querySelector("[data-input]");
    this.editing = false; // digits are typed, and do not choose
    this.box = null;
    this.digits = new Digits();
    this.update(state);
  }

  // Accepted, and not yet saved.
  get pending() {
    return this.root.classList.contains("pending");
  }

  set pending(on) {
    this.root.classList.toggle("pending", on);
  }

  get title() {
    return this.input.getAttribute("aria-label");
  }

  // What was typed or is stored, as a person reads it.
  shown(value) {
    if (typeof value === "boolean") return value ? "有" : "无";
    return Array.isArray(value) ? value.join("、") : value;
  }

  update(state) {
    const dirty = this.state && this.dirty;
    this.state = state;
    this.root.dataset.status = state.status;
    if (!dirty) this.show();
    if (!this.dirty || this.pending) this.ask(state.questions);
    const label = this.root.querySelector(".status");
    if (label) label.textContent = state.statusName;
    const waiting = this.root.querySelector(".waiting");
    if (waiting) {
      waiting.hidden = !state.proposal;
      waiting.textContent = state.proposal ? `${state.proposal.by} 改为“${state.proposal.text}”，待第二人复核` : "";
    }
  }

  ask(questions) {
    const list = this.root.querySelector(".questions");
    list.replaceChildren(...questions.map((q) => element("li", { text: q.name, title: q.advice, className: `reason ${q.reason}` })));
    this.input.setAttribute("aria-invalid", questions.length ? "true" : "false");
  }

  get typed() {
    if (this.kind === "mark") return this.input.getAttribute("aria-checked") === "true";
    if (this.kind === "text") return this.input.value;
    return [...this.input.querySelectorAll('[aria-checked="true"]')].map((b) => b.dataset.value);
  }

  get stored() {
    if (this.kind === "mark") return this.state.on;
    return this.kind === "text" ? this.state.text : this.state.chosen;
  }

  get dirty() {
    return JSON.stringify(this.typed) !== JSON.stringify(this.stored);
  }

  revert() {
    this.editing = false;
    this.digits.forget();
    this.box = null;
    this.show();
  }

  show() {
    if (this.kind === "mark") this.input.setAttribute("aria-checked", String(this.state.on));
    else if (this.kind === "text") this.input.value = this.state.text;
    else {
      for (const button of this.input.querySelectorAll("[data-value]")) {
        button.setAttribute("aria-checked", String(this.state.chosen.includes(button.dataset.value)));
      }
    }
  }

  put(text) {
    this.input.value = text;
    this.input.select();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.editing = false;
  }

  type(text) {
    this.put(text);
    this.edit();
  }

  edit() {
    this.editing = true;
    if (this.kind === "text") this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }

  focus() {
    this.input.focus();
    if (this.kind === "text" && !this.editing) this.input.select();
  }

  // The box that is in focus, of several; else the first.
  option() {
    return document.activeElement.closest("[data-value]") || this.input.querySelector("[data-value]");
  }

  move(by) {
    const all = [...this.input.querySelectorAll("[data-value]")];
    const at = all.indexOf(document.activeElement);
    all[Math.min(Math.max(at + by, 0), all.length - 1)].focus();
  }

  toggle(button) {
    if (!button) return;
    const on = button.getAttribute("aria-checked") !== "true";
    if (this.input.dataset.single === "yes") {
      for (const other of this.input.querySelectorAll("[data-value]")) other.setAttribute("aria-checked", "false");
    }
    button.setAttribute("aria-checked", String(on));
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // A digit: an alternative, or the box of that number; whether it meant anything.
  choose(digit, time) {
    if (this.kind === "text") {
      const text = this.state.alternatives[digit - 1];
      if (this.editing) {
        this.digits.forget();
        return false;
      }
      const both = this.digits.follow(String(digit), time);
      if (both) this.type(both);
      else if (text !== undefined) this.put(text);
      return Boolean(both) || text !== undefined;
    }
    const button = this.input.querySelectorAll?.("[data-value]")[digit - 1];
    if (button) this.toggle(button);
    return Boolean(button);
  }

  switch() {
    if (this.kind !== "mark") return;
    this.input.setAttribute("aria-checked", String(this.input.getAttribute("aria-checked") !== "true"));
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
