// The pages of links in mails: what stands in the address is posted when somebody presses the button.

const parts = location.pathname.split("/").map(decodeURIComponent);
const outcome = document.querySelector("#outcome");

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  try {
    // Without cookies: it is the key in the link that counts.
    const response = await fetch(path, { method: "POST", headers, credentials: "omit", body: JSON.stringify(body) });
    let data = null;
    try { data = await response.json(); } catch { /* told below */ }
    return { status: response.status, data };
  } catch (error) {
    return { status: 0, data: { detail: `No answer: ${error.message}` } };
  }
}

/** What is wrong, in the server's words where it has some. */
function words({ status, data }) {
  if (status === 404 || data?.token || data?.uid) return "This link is not good any more. Please ask for a new one.";
  if (data?.detail) return data.detail;
  return data ? Object.values(data).flat().join(" ") : `The server answered ${status}.`;
}

function on(id, path, body) {
  const form = document.querySelector(id);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await post(path, body(form));
    const done = answer.status === 200 || answer.status === 201;
    outcome.textContent = done ? form.dataset.done : words(answer);
    if (done) form.remove();
  });
}

on("#confirm", "/rest-auth/registration/verify-email/", () => ({ key: parts[2] }));
on("#invitation", "/api/signup/", (form) => ({
  invitation: parts[2],
  email: form.elements.email.value,
  password: form.elements.password.value,
}));
on("#reset", "/rest-auth/password/reset/confirm/", (form) => ({
  uid: parts[4],
  token: parts[5],
  new_password1: form.elements.new_password1.value,
  new_password2: form.elements.new_password2.value,
}));

// A log-in by a provider that waits for its second factor: what waits stands behind the #, and is sent to nobody else.
const waiting = new URLSearchParams(location.hash.slice(1));
const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

/** Where to go on: a place of this site alone, since anybody can write a link to this page. */
function nextPlace() {
  try {
    const url = new URL(waiting.get("next") ?? "/", location.origin);
    return url.origin === location.origin ? url.href : "/";
  } catch {
    return "/";
  }
}

const factor = document.querySelector("#second-factor");
factor?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await fetch("/api/login-set-cookie/");
  const token = cookie("csrftoken") ?? cookie("__Host-csrftoken") ?? cookie("__Secure-csrftoken") ?? "";
  const response = await fetch("/api/login/", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ pending: waiting.get("pending") ?? "", code: factor.elements.code.value }),
  });
  let data = null;
  try { data = await response.json(); } catch { /* told below */ }
  outcome.textContent = response.ok ? factor.dataset.done : words({ status: response.status, data });
  if (response.ok) location.replace(nextPlace());
});
