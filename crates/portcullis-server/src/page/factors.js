// Second factors on the page of all doors: an authenticator app, recovery codes, and confirming who one is.

import { ask, send } from "/page.js";

const section = document.querySelector("#factors");
const find = (id) => document.querySelector(`#factor-${id}`);
let setup = null;
let has = { totp: false, recovery_codes: 0 };

/** What there is, and what can be done about it. */
async function show(isIn) {
  section.hidden = !isIn;
  if (!isIn) return;
  const response = await send("GET", "/api/second-factors/");
  section.hidden = !response.ok;
  if (!response.ok) return;
  has = await response.json();
  find("state").textContent = has.totp
    ? `Codes of an authenticator app are asked for; ${has.recovery_codes} recovery codes are left.`
    : "None: your password alone lets you in.";
  find("add").hidden = has.totp;
  find("renew").hidden = find("remove").hidden = !has.totp;
  find("confirm").querySelector("span").textContent = has.totp ? "Confirm that it is you: a code" : "Confirm that it is you: your password";
  if (has.totp) find("setup").hidden = true;
}

function showCodes(codes) {
  find("codes").hidden = !codes;
  find("codes").querySelector("pre").textContent = codes?.join("\n") ?? "";
}

find("add").addEventListener("click", async () => {
  const reply = await ask("POST", "/api/second-factors/totp/setup/", {});
  if (!reply?.ok) return;
  setup = reply.data.setup;
  find("secret").textContent = reply.data.secret;
  find("uri").href = reply.data.uri;
  find("setup").hidden = false;
  find("setup").elements.code.focus();
});
find("setup").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = find("setup");
  const reply = await ask("POST", "/api/second-factors/totp/", { setup, code: form.elements.code.value });
  form.elements.code.value = "";
  if (reply?.ok) showCodes(reply.data.recovery_codes);
  await show(true);
});
find("renew").addEventListener("click", async () => {
  const reply = await ask("POST", "/api/second-factors/recovery-codes/", {});
  if (reply?.ok) showCodes(reply.data.recovery_codes);
  await show(true);
});
find("remove").addEventListener("click", async () => {
  const reply = await ask("POST", "/api/second-factors/totp/remove/", {});
  if (reply?.ok) showCodes(null);
  await show(true);
});
find("confirm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { proof } = find("confirm").elements;
  await ask("POST", "/api/reauthenticate/", has.totp ? { code: proof.value } : { password: proof.value });
  proof.value = "";
});
document.addEventListener("portcullis:user", ({ detail }) => {
  showCodes(null);
  find("setup").hidden = true;
  return show(detail);
});
const response = await send("GET", "/api/user/");
await show(response.ok);
