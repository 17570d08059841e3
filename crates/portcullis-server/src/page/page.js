// The page of all doors: ask, show, remember. Its API is this server's, or another origin's: /?api=https://…

const KEY = "portcullis.token";
const API = (new URLSearchParams(location.search).get("api") ?? "").replace(/\/$/, "");
const answer = document.querySelector("#answer");
const who = document.querySelector("#who");
const form = document.querySelector("#credentials");

const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
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

/** Sends a request with what proves who we are, and shows both ends of it. */
async function ask(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token()) headers.Authorization = `Token ${token()}`;
  if (method !== "GET" && csrfToken()) headers["X-CSRFToken"] = csrfToken();
  let response;
  try {
    const credentials = API ? "omit" : "same-origin";
    response = await fetch(API + path, { method, headers, credentials, body: body && JSON.stringify(body) });
  } catch (error) {
    answer.textContent = `${method} ${path}\nno answer: ${error.message}`;
    return null;
  }
  const text = await response.text();
  let data = null;
  try { data = JSON.parse(text); } catch { /* shown as text below */ }
  const shown = data?.token ? { ...data, token: "(kept)" } : data;
  answer.textContent = `${method} ${path}\n${response.status} ${response.statusText}\n${shown === null ? text : JSON.stringify(shown, null, 2)}`;
  return { ok: response.ok, status: response.status, data };
}

async function showUser() {
  const reply = await ask("GET", "/api/user/");
  if (reply?.status === 401) forget();
  const by = token() ? "token" : "session";
  who.textContent = reply?.ok ? `Logged in as ${reply.data.email} by ${by}.` : "Nobody is logged in.";
}

async function signUp(email, password, longer) {
  forget();
  const reply = await ask("POST", "/api/signup/", { email, password });
  if (reply?.ok) remember(reply.data.token, longer);
  return reply?.ok;
}

async function logIn(email, password, scheme, longer) {
  forget();
  if (scheme === "session") {
    await ask("GET", "/api/login-set-cookie/");
    return (await ask("POST", "/api/login/", { email, password }))?.ok;
  }
  const reply = await ask("POST", "/api/auth/login/", { email, password });
  if (reply?.ok) remember(reply.data.token, longer);
  return reply?.ok;
}

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
    who.textContent = "Nobody is logged in.";
  }
});

if (token() || csrfToken()) await showUser();
