// Requests to this server: JSON both ways, with the form token of the page.

const token = document.querySelector('meta[name="form-token"]').content;

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answer(response) {
  const kind = response.headers.get("content-type") || "";
  const data = kind.includes("application/json") ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, data.message || "没有执行，请刷新页面后重试。");
  return data;
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, "连不上审核页的程序，没有保存。请确认它还在运行，再试一次。");
  }
  return answer(response);
}

export function get(path, signal) {
  return request(path, { headers: { accept: "application/json" }, signal });
}

export function post(path, data, signal) {
  return request(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", "x-form-token": token },
    body: JSON.stringify(data),
    signal,
  });
}

// Sends a file as it is.
export function send(path, file) {
  return request(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/octet-stream", "x-form-token": token },
    body: file,
  });
}

// Waits for a job that a request has begun, and gives what came of it.
export async function finished(job, pause = 400) {
  for (;;) {
    const state = await get(`/jobs/${encodeURIComponent(job)}`);
    if (state.done) return state;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export function element(name, { text = "", ...properties } = {}, ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function say(message, kind = "error") {
  const notice = document.getElementById("notice");
  if (!notice) return;
  notice.textContent = message;
  notice.dataset.kind = kind;
  notice.hidden = !message;
}
