// Teaching: samples chosen and brought, lessons ended, documents read again by what was taught.

import { finished, post, say, send } from "./server.js";

const begin = document.getElementById("begin");
if (begin) begin.addEventListener("submit", (event) => doing(event, async () => {
  const given = new FormData(begin);
  const others = String(given.get("others")).split(/[\s,，、]+/).filter(Boolean);
  const files = given.getAll("files").filter((file) => file.size);
  const documents = [...given.getAll("documents"), ...others];
  if (!documents.length && !files.length) {
    say("请选择或上传至少一份样表。");
    return;
  }
  const { lesson } = await post("/teaching", { documents });
  for (const file of files) {
    say(`正在上传 ${file.name}…`, "note");
    await send(`/teaching/${lesson}/files?name=${encodeURIComponent(file.name.slice(0, 200))}`, file);
  }
  location.assign(`/teaching/${lesson}`);
}));

// Several copies of what looks like one form: a lesson that begins with its draft.
for (const button of document.querySelectorAll("[data-begin]")) {
  button.addEventListener("click", (event) => doing(event, async () => {
    const { lesson } = await post("/teaching", { documents: button.dataset.begin.split(" ") });
    location.assign(`/teaching/${lesson}#draft`);
  }));
}

const again = document.getElementById("again");
if (again) again.addEventListener("submit", (event) => doing(event, async () => {
  const documents = new FormData(again).getAll("documents");
  if (!documents.length) {
    say("请勾选要重新识别的文档。");
    return;
  }
  say(`正在重新识别 ${documents.length} 份，请稍候…`, "note");
  const { job } = await post(`/teaching/${again.dataset.lesson}/again`, { documents });
  const { failures } = await finished(job);
  if (failures.length) say(failures.join(""));
  else location.reload();
}));

for (const button of document.querySelectorAll("[data-end]")) {
  button.addEventListener("click", (event) => doing(event, async () => {
    if (!confirm("删除这次教表的草稿和上传的样表？已保存的定义不受影响。")) return;
    await post(`/teaching/${button.dataset.end}/end`, {});
    location.assign("/teaching");
  }));
}

async function doing(event, work) {
  event.preventDefault();
  const button = event.submitter || event.currentTarget;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error.message);
  }
  button.disabled = false;
}
