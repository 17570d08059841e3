// The page of all doors: ask, show, remember.

const KEY = "portcullis.token";
const answer = document.querySelector("#answer");
const who = document.querySelector("#who");
const form = document.querySelector("#credentials");

/** The token that proves who we are, if there is one. */
export const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
const csrfToken = () => cookie("csrftoken") ?? cookie("__Host-csrftoken") ?? cookie("__Secure-csrftoken");

function forget() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

function remember(value, longer) {
  forget();
  (longer ? localStorage : sessionStorage).setItem(KEY, value);
}

/** Sends a request with what proves who we are. */
export function send(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token()) headers.Authorization = `Token ${token()}`;
  if (method !== "GET" && csrfToken()) headers["X-CSRFToken"] = csrfToken();
  return fetch(path, { method, headers, credentials: "same-origin", body: body && JSON.stringify(body) });
}

/** The same, and shows both ends of it. */
export async function ask(method, path, body) {
  let response;
  try {
    response = await send(method, path, body);
  } catch (error) {
    answer.textContent = `${method} ${path}\nno answer: ${error.message}`;
    return null;
  }
  // A token that is over would close open doors, too.
  if (response.status === 401) forget();
  const text = await response.text();
  let data = null;
  try { data = JSON.parse(text); } catch { /* shown as text below */ }
  const shown = { ...data };
  for (const secret of ["token", "pending"]) if (shown[secret]) shown[secret] = "(kept)";
  answer.textContent = `${method} ${path}\n${response.status} ${response.statusText}\n${typeof data !== "object" || data === null ? text : JSON.stringify(Array.isArray(data) ? data : shown, null, 2)}`;
  return { ok: response.ok, status: response.status, data };
}

async function showUser() {
  const reply = await ask("GET", "/api/user/");
  if (reply?.status === 401) forget();
  const by = token() ? "token" : "session";
  if (reply?.ok) await Promise.all([showDevices(), showLinks()]);
  else for (const section of document.querySelectorAll("#devices, #links")) section.hidden = true;
  document.dispatchEvent(new CustomEvent("portcullis:user", { detail: Boolean(reply?.ok) }));
  who.textContent = reply?.ok ? `Logged in as ${reply.data.email} by ${by}.` : "Nobody is logged in.";
}

/** What a browser calls itself, shorter: "Firefox on Linux". */
function deviceName(agent) {
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([part]) => agent.includes(part));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((part) => agent.includes(part));
  return browser ? `${browser[1]}${system ? ` on ${system}` : ""}` : agent || "unnamed";
}

/** What is logged in as this user, each with a button that ends it. */
async function showDevices() {
  const section = document.querySelector("#devices");
  const response = await send("GET", "/api/devices/");
  section.hidden = !response?.ok;
  if (!response?.ok) return;
  document.querySelector("#device-list").replaceChildren(...(await response.json()).map((login) => {
    const row = document.createElement("li");
    const seen = new Date(login.last_seen).toLocaleString();
    const name = deviceName(login.device);
    row.append(`${name} (${login.scheme}), ${login.current ? "this one" : `seen ${seen}`}`);
    if (!login.current) {
      const end = document.createElement("button");
      end.type = "button";
      end.textContent = "End";
      end.setAttribute("aria-label", `End ${name}`);
      end.addEventListener("click", async () => {
        await ask("DELETE", `/api/devices/${login.id}/`);
        await showDevices();
      });
      row.append(end);
    }
    return row;
  }));
}

/** By which providers this user can log in, each with a button that ends it, and one to link another. */
async function showLinks() {
  const section = document.querySelector("#links");
  if (!section) return;
  const response = await send("GET", "/api/social/accounts/");
  section.hidden = !response.ok;
  if (!response.ok) return;
  document.querySelector("#link-list").replaceChildren(...(await response.json()).map((account) => {
    const row = document.createElement("li");
    row.append(`${account.provider}, ${account.uid}`);
    const end = document.createElement("button");
    end.type = "button";
    end.textContent = "Unlink";
    end.setAttribute("aria-label", `Unlink ${account.provider}`);
    end.addEventListener("click", async () => {
      await ask("DELETE", `/api/social/accounts/${account.id}/`);
      await showLinks();
    });
    row.append(end);
    return row;
  }));
}

async function signUp(email, password, longer) {
  forget();
  const reply = await ask("POST", "/api/signup/", { email, password });
  if (reply?.ok) remember(reply.data.token, longer);
  return reply?.ok;
}

/** A log-in whose password was right, and that waits for a second factor. */
let pending = null;

/** Asks for the second factor, or no longer. */
function waitFor(text) {
  pending = text;
  const code = document.querySelector("#code");
  code.hidden = !text;
  form.elements.code.value = "";
  if (text) form.elements.code.focus();
}

async function logIn(email, password, scheme, longer) {
  forget();
  const proof = pending ? { pending, code: form.elements.code.value } : { email, password };
  const body = { ...proof, with_state: true };
  if (scheme === "session") await ask("GET", "/api/login-set-cookie/");
  const reply = await ask("POST", scheme === "session" ? "/api/login/" : "/api/auth/login/", body);
  if (reply?.data?.state === "second_factor") {
    waitFor(reply.data.pending);
    return false;
  }
  // Begun too long ago: the password is asked for again.
  if (reply?.ok || reply?.data?.pending) waitFor(null);
  if (reply?.ok && reply.data.token) remember(reply.data.token, longer);
  return reply?.ok;
}

for (const name of ["email", "password"]) form.elements[name].addEventListener("input", () => waitFor(null));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password, remember: longer, scheme } = form.elements;
  const known = event.submitter?.value === "signup"
    ? await signUp(email.value, password.value, longer.checked)
    : await logIn(email.value, password.value, scheme.value, longer.checked);
  if (!known) return;
  password.value = "";
  await showUser();
});

document.querySelector("#forgot").addEventListener("click", () => {
  const { email } = form.elements;
  if (email.reportValidity()) ask("POST", "/rest-auth/password/reset/", { email: email.value });
});
document.querySelector("#test-get").addEventListener("click", () => ask("GET", "/test_auth/"));
document.querySelector("#test-post").addEventListener("click", () => ask("POST", "/test_auth/", {}));
document.querySelector("#logout").addEventListener("click", async () => {
  const reply = await ask("POST", "/api/logout/");
  if (reply?.ok || reply?.status === 401) {
    forget();
    document.querySelector("#devices").hidden = true;
    document.dispatchEvent(new CustomEvent("portcullis:user", { detail: false }));
    who.textContent = "Nobody is logged in.";
  }
});
for (const button of document.querySelectorAll("[data-link]")) {
  button.addEventListener("click", async () => {
    const body = { connect: true, callback: "server", next: "/" };
    const reply = await ask("POST", `/api/social/${button.dataset.link}/start/`, body);
    if (reply?.ok) location.assign(reply.data.authorization_url);
  });
}
document.querySelector("#logout-others").addEventListener("click", async () => {
  await ask("POST", "/api/devices/logout-others/");
  await showDevices();
});
document.querySelector("#logout-all").addEventListener("click", async () => {
  await ask("POST", "/api/devices/logout-all/");
  await showUser();
});

if (token() || csrfToken()) await showUser();
