// The page of the chat: rooms over REST, their talk over a socket, both with the same token.

const byId = (id) => document.getElementById(id);
const token = () => sessionStorage.getItem("token");
let socket = null;
let room = null;

async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (token()) headers.Authorization = `Token ${token()}`;
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) {
    byId("who").textContent = `${response.status}: ${text}`;
    return null;
  }
  return text ? JSON.parse(text) : {};
}

function item(list, text) {
  const made = document.createElement("li");
  made.textContent = text;
  list.append(made);
  return made;
}

async function showRooms() {
  const rooms = await ask("GET", "/api/rooms/");
  const list = byId("rooms");
  list.replaceChildren();
  for (const one of rooms ?? []) {
    const button = document.createElement("button");
    button.textContent = one.name;
    button.dataset.room = one.id;
    button.addEventListener("click", () => enter(one));
    item(list, "").append(button);
  }
}

function heard({ action, payload }) {
  if (action === "history") byId("messages").replaceChildren();
  const messages = { history: payload?.messages, said: [payload] }[action] ?? [];
  for (const { by, text } of messages) item(byId("messages"), `${by}: ${text}`);
  if (action === "present") byId("present").textContent = payload.names.join(", ");
  if (action === "error") byId("state").textContent = JSON.stringify(payload);
}

function enter(chosen) {
  socket?.close(1000);
  room = chosen;
  byId("room").hidden = false;
  byId("title").textContent = room.name;
  byId("state").textContent = "";
  const url = new URL(`/ws/rooms/${room.id}/`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url, ["portcullis.v1", `bearer.${token()}`]);
  socket = opened;
  opened.addEventListener("message", ({ data }) => heard(JSON.parse(data)));
  opened.addEventListener("close", ({ code }) => {
    if (socket !== opened) return;
    const why = { 4401: "you were logged out", 4403: "you are no member any more" };
    byId("state").textContent = `closed (${code}): ${why[code] ?? "come back later"}`;
    byId("present").textContent = "";
    socket = null;
  });
}

byId("account").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = event.target.elements;
  const path = event.submitter?.value === "login" ? "/api/token/" : "/api/signup/";
  const known = await ask("POST", path, { email: email.value, password: password.value });
  if (!known) return;
  sessionStorage.setItem("token", known.token);
  byId("who").textContent = `Logged in as ${email.value}.`;
  await showRooms();
});

byId("new-room").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name } = event.target.elements;
  if (await ask("POST", "/api/rooms/", { name: name.value })) name.value = "";
  await showRooms();
});

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ action: "say", payload: { text: text.value } }));
  text.value = "";
});

byId("members").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = event.target.elements.username.value;
  const members = `/api/rooms/${room.id}/members/`;
  if (event.submitter?.value === "remove") await ask("DELETE", `${members}${encodeURIComponent(name)}/`);
  else await ask("POST", members, { username: name });
});

if (token()) await showRooms();
