// The page's live list: rows of a model, read again when the hub tells of a change.

import { token } from "/page.js";

const MOST_ROWS = 100;
const section = document.querySelector("#live");
const { mount, key } = section.dataset;
const form = document.querySelector("#live-form");
const state = document.querySelector("#live-state");
const list = document.querySelector("#live-rows");
const maker = document.querySelector("#live-new");

const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

let followed = null;

/** Sends a request with what proves who we are; throws what the server says. */
async function send(path, body) {
  const csrf = cookie("csrftoken") ?? cookie("__Host-csrftoken") ?? cookie("__Secure-csrftoken");
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token()) headers.Authorization = `Token ${token()}`;
  if (body && csrf) headers["X-CSRFToken"] = csrf;
  const response = await fetch(mount + path, { method: body ? "POST" : "GET", headers, credentials: "same-origin", body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(typeof answer.detail === "string" ? answer.detail : JSON.stringify(answer.detail ?? answer));
  return answer;
}

/** Which models there are for whoever is logged in. */
async function showModels() {
  try {
    const names = await send("models/");
    form.elements.model.replaceChildren(...names.map((name) => new Option(name)));
  } catch (error) {
    state.textContent = error.message;
  }
}

/** A row in one line: its fields, without what only machines read. */
function shown({ repr, ...fields }) {
  const parts = Object.entries(fields).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return parts.join(", ");
}

async function read(following) {
  try {
    const query = { type: "read", orderBy: ["pk"] };
    const { data } = await send(`${following.model}/`, { ast: { query, serializerOptions: { limit: MOST_ROWS } } });
    if (followed !== following) return;
    const rows = data.included[following.model] ?? {};
    list.replaceChildren(...data.data.map((pk) => {
      const row = document.createElement("li");
      row.textContent = shown(rows[pk] ?? { pk });
      return row;
    }));
    state.textContent = following.hears ? "live" : "as it was when read";
  } catch (error) {
    if (followed === following) stop(error.message);
  }
}

/** Hears of changes, by the Pusher protocol. */
function hear(following) {
  const url = new URL(`/app/${encodeURIComponent(key)}?protocol=7&client=page&version=1`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  const say = (event, data) => socket.send(JSON.stringify({ event, data }));
  following.socket = socket;
  socket.addEventListener("message", async ({ data: text }) => {
    const { event, data } = JSON.parse(text);
    if (event === "pusher:connection_established") {
      const { socket_id } = JSON.parse(data);
      const channel = `private-${following.model}`;
      try {
        const signed = await send("events/auth/", { socket_id, channel_name: channel });
        say("pusher:subscribe", { channel, auth: signed.auth });
      } catch (error) {
        if (followed === following) stop(error.message);
      }
    } else if (event === "pusher:ping") say("pusher:pong", {});
    else if (event === "pusher_internal:subscription_succeeded") {
      following.hears = true;
      await read(following);
    } else if (!event.startsWith("pusher")) await read(following);
  });
  socket.addEventListener("close", ({ code }) => {
    if (followed === following) stop(code === 4009 ? "closed: you were logged out" : `closed with ${code}`);
  });
}

/** Nothing of whoever was logged in stays on the page. */
function stop(why) {
  const { socket } = followed ?? {};
  followed = null;
  socket?.close(1000);
  list.replaceChildren();
  maker.hidden = true;
  state.textContent = why;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const model = form.elements.model.value;
  stop("not followed");
  if (!model) return;
  followed = { model, hears: false, socket: null };
  maker.hidden = false;
  if (key) hear(followed);
  await read(followed);
});
document.querySelector("#live-stop").addEventListener("click", () => stop("not followed"));
maker.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const data = JSON.parse(maker.elements.data.value);
    await send(`${followed.model}/`, { ast: { query: { type: "create", data } } });
    if (!followed?.hears) await read(followed);
  } catch (error) {
    state.textContent = error.message;
  }
});

// Whoever logs in or out on this page sees it in the line that says who they are.
new MutationObserver(() => {
  if (followed) stop("not followed");
  form.elements.model.replaceChildren();
  if (document.querySelector("#who").textContent.startsWith("Logged in")) showModels();
  else state.textContent = "not followed";
}).observe(document.querySelector("#who"), { childList: true, characterData: true, subtree: true });
if (document.querySelector("#who").textContent.startsWith("Logged in")) await showModels();
