// The page of all doors: fetch, show, remember. The token lives in one of two stores, by choice.

const KEY = "portcullis.token";
const answer = document.querySelector("#answer");
const who = document.querySelector("#who");
const form = document.querySelector("#credentials");

const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);

function forget() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

function remember(value, longer) {
  forget();
  (longer ? localStorage : sessionStorage).setItem(KEY, value);
}

async function ask(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token() && !body) headers.Authorization = `Token ${token()}`;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch (error) {
    answer.textContent = `${method} ${path}\nno answer: ${error.message}`;
    return null;
  }
  const text = await response.text();
  let data = null;
  try { data = JSON.parse(text); } catch { /* shown as text below */ }
  const shown = data?.token ? { ...data, token: "(kept)" } : data;
  answer.textContent = `${method} ${path}\n${response.status} ${response.statusText}\n${shown ? JSON.stringify(shown, null, 2) : text}`;
  return { ok: response.ok, status: response.status, data };
}

async function showUser() {
  if (!token()) {
    who.textContent = "Nobody is logged in.";
    return;
  }
  const reply = await ask("GET", "/api/user/");
  if (reply?.status === 401) forget();
  who.textContent = reply?.ok ? `Logged in as ${reply.data.email}.` : "Nobody is logged in.";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password, remember: longer } = form.elements;
  const action = event.submitter?.value ?? "login";
  const path = action === "signup" ? "/api/signup/" : "/api/auth/login/";
  const reply = await ask("POST", path, { email: email.value, password: password.value });
  if (!reply?.ok) return;
  remember(reply.data.token, longer.checked);
  password.value = "";
  await showUser();
});

document.querySelector("#user").addEventListener("click", async () => {
  const reply = await ask("GET", "/api/user/");
  if (reply?.status === 401) {
    forget();
    who.textContent = "Nobody is logged in.";
  }
});

document.querySelector("#logout").addEventListener("click", async () => {
  const reply = await ask("POST", "/api/auth/logout/");
  if (reply?.ok || reply?.status === 401) {
    forget();
    who.textContent = "Nobody is logged in.";
  }
});

await showUser();
