// The socket of the page: opened with what proves who we are, and closed by the server when that is over.

import { token } from "/page.js";

const state = document.querySelector("#socket-state");
const log = document.querySelector("#socket-log");
const form = document.querySelector("#socket");
const MOST_LINES = 50;

let socket = null;

function tell(text) {
  const line = document.createElement("li");
  line.textContent = text;
  log.append(line);
  while (log.children.length > MOST_LINES) log.firstElementChild.remove();
}

/** A token goes as a sub-protocol, where no log on the way writes it down; a session by its cookie. */
function open() {
  socket?.close(1000);
  const url = new URL("/ws/", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = token()
    ? new WebSocket(url, ["portcullis.v1", `bearer.${token()}`])
    : new WebSocket(url);
  socket = opened;
  log.replaceChildren();
  state.textContent = "opening";
  opened.addEventListener("open", () => { state.textContent = "open"; });
  opened.addEventListener("message", ({ data }) => {
    const { action, payload } = JSON.parse(data);
    tell(`${action} ${JSON.stringify(payload)}`);
  });
  opened.addEventListener("close", ({ code }) => {
    if (socket !== opened) return;
    const over = [4401, 4403].includes(code) ? ": you were logged out" : "";
    state.textContent = `closed with ${code}${over}`;
    socket = null;
  });
}

function say(text) {
  if (socket?.readyState !== WebSocket.OPEN) return tell("(open it first)");
  socket.send(JSON.stringify({ action: "echo", payload: { text } }));
}

document.querySelector("#socket-open").addEventListener("click", open);
document.querySelector("#socket-close").addEventListener("click", () => socket?.close(1000));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(form.elements.text.value);
});
