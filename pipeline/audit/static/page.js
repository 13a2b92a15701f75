// What every page has: the state of the workbooks, and menus that close.

import { get } from "./server.js";

const outputs = document.getElementById("outputs");
const names = { idle: "台账已是最新", waiting: "台账即将更新", running: "台账正在更新", failed: "台账未能更新" };

async function tell() {
  if (document.hidden) return;
  try {
    const { state, when, message } = await get("/export/state");
    outputs.dataset.state = state;
    outputs.textContent = (names[state] || "") + (state === "idle" && when ? ` ${when}` : "");
    outputs.title = message || "";
    outputs.dispatchEvent(new CustomEvent("told", { detail: state, bubbles: true }));
  } catch {
    outputs.textContent = "";
  }
}

tell();
setInterval(tell, 5000);

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.who[open], details.more[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

const now = document.getElementById("export-now");
if (now) {
  const { post } = await import("./server.js");
  now.addEventListener("click", async () => {
    now.disabled = true;
    await post("/export", {}).catch(() => {});
    await tell();
    now.disabled = false;
  });
}

const print = document.getElementById("print");
if (print) print.addEventListener("click", () => window.print());
