/** Accounts: sign-up, log-in, log-out, devices, passwords, and being told of changes. */

import { allBackends, backend as backendOf, onConfig, type Backend } from "../config.js";
import { endEpoch } from "../epoch.js";
import { isRecord, NotAuthenticated, PermissionDenied, ResetError, SecondFactorNeeded } from "../errors.js";
import { accountsUrl, api, request, setCredentials } from "../http.js";
import { modeOf, type LoginFields, type Mode, type PendingLogin } from "./mode.js";
import { onTab, tell } from "./tabs.js";

export type { LoginFields, PendingLogin } from "./mode.js";

/** Who is logged in, as the server tells it. */
export interface User {
  email: string;
  [field: string]: unknown;
}

/** Where somebody is logged in. */
export interface Device {
  id: number;
  device: string;
  scheme: string;
  created: string;
  last_seen: string;
  expires: string | null;
  address: string | null;
  current: boolean;
}

/** What happened to the log-in. */
export interface AuthChange {
  backend: string;
  /** Who is logged in now. */
  user: User | null;
  /** `refused`: the server does not take the credentials any more. */
  reason: "login" | "logout" | "refused" | "other-tab";
}

/** Which backend, when there are several. */
export interface At {
  backend?: string;
}

const modes = new Map<string, { backend: Backend; mode: Mode }>();
const listeners = new Set<(change: AuthChange) => void>();

function mode(name?: string): { backend: Backend; mode: Mode } {
  const backend = backendOf(name);
  const known = modes.get(backend.name);
  if (known?.backend === backend) return known;
  const made = { backend, mode: modeOf(backend) };
  modes.set(backend.name, made);
  return made;
}

/** Backends with `auth` have their credentials sent from the first request on. */
onConfig(() => {
  for (const configured of allBackends()) {
    if (!configured.auth) {
      setCredentials(configured.name, undefined);
      continue;
    }
    const { mode: how } = mode(configured.name);
    setCredentials(configured.name, {
      headers: () => how.headers(),
      renew: (used) => how.renew(used),
      refused: () => refused(configured),
    });
  }
  onTab(hearTab);
});

/**
 * Logs in, empties what the one before left on the page, and says who it is.
 *
 * @throws SecondFactorNeeded for those who have one: `await error.confirm(code)` goes on
 */
export async function login(fields: LoginFields | PendingLogin, at: At = {}): Promise<User> {
  const { backend, mode: how } = mode(at.backend);
  // What the one before began is not sent with the next one's cookie.
  await endEpoch();
  try {
    await how.login(fields);
  } catch (error) {
    if (error instanceof SecondFactorNeeded) error.confirm = (code) => login({ pending: error.pending, code }, at);
    throw error;
  }
  return entered(backend, how);
}

/**
 * Makes an account, and logs in where the server does so.
 *
 * @returns who it is, or `null` when an address has to be confirmed first
 */
export async function signup(fields: LoginFields & Record<string, unknown>, at: At = {}): Promise<User | null> {
  const { backend, mode: how } = mode(at.backend);
  await endEpoch();
  const url = accountsUrl(backend, "/api/signup/");
  const body = { ...fields, with_state: true };
  const answer = await request(url, { backend, method: "POST", body, isAnonymous: true });
  const state = isRecord(answer.body) ? answer.body : {};
  if (state["state"] !== undefined && state["state"] !== "done") return null;
  await how.adopt(typeof state["token"] === "string" ? state["token"] : undefined, fields);
  return entered(backend, how);
}

async function entered(backend: Backend, how: Mode): Promise<User> {
  denied.delete(backend.name);
  await endEpoch();
  const user = await api<User>("/api/user/", { backend: backend.name });
  if (how.isShared()) tell({ backend: backend.name, what: "login" });
  changed({ backend: backend.name, user, reason: "login" });
  return user;
}

/**
 * Logs out. Here it is done when the promise resolves, whether or not the server could be told: tokens
 * are gone, and a session is not used again before the server has ended it.
 */
export async function logout(at: At = {}): Promise<void> {
  const { backend, mode: how } = mode(at.backend);
  const end = how.forget();
  await endEpoch();
  if (how.isShared()) tell({ backend: backend.name, what: "logout" });
  changed({ backend: backend.name, user: null, reason: "logout" });
  try {
    await end();
  } catch {
    // Offline, or a server in trouble: a session's log-out is made up for before the next request.
  }
}

/**
 * Who is logged in; `null` for nobody.
 *
 * A server in trouble (5xx, 429, away) is an error, and logs nobody out.
 */
export async function currentUser(at: At = {}): Promise<User | null> {
  const { backend, mode: how } = mode(at.backend);
  if (backend.auth && !how.mayBeSomebody()) {
    makeUp();
    return null;
  }
  try {
    const user = await api<User>("/api/user/", { backend: backend.name });
    note(backend.name, true);
    return user;
  } catch (error) {
    if (error instanceof NotAuthenticated || error instanceof PermissionDenied) return null;
    // Somebody came or went meanwhile: who is there now?
    if (error instanceof ResetError) return currentUser(at);
    throw error;
  }
}

/** Is told of log-ins and log-outs, of other tabs as well; the returned function ends it. */
export function onAuthChange(listener: (change: AuthChange) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where this user is logged in, the newest first. */
export function devices(at: At = {}): Promise<Device[]> {
  return api<Device[]>("/api/devices/", at);
}

/** Ends the log-in of one device. */
export async function endDevice(id: number, at: At = {}): Promise<void> {
  await api(`/api/devices/${id}/`, { ...at, method: "DELETE" });
}

/** Ends all other log-ins, and says how many there were. */
export async function logoutOthers(at: At = {}): Promise<number> {
  return (await api<{ ended: number }>("/api/devices/logout-others/", { ...at, method: "POST" })).ended;
}

/** Ends all log-ins of this user, this one too. */
export async function logoutEverywhere(at: At = {}): Promise<void> {
  await api("/api/devices/logout-all/", { ...at, method: "POST" });
  await logout(at);
}

/** Sets a new password; other devices are logged out by the server. */
export async function changePassword(fields: { oldPassword?: string; newPassword: string }, at: At = {}): Promise<void> {
  const { oldPassword, newPassword } = fields;
  const body = {
    new_password1: newPassword,
    new_password2: newPassword,
    ...(oldPassword === undefined ? {} : { old_password: oldPassword }),
  };
  await api("/rest-auth/password/change/", { ...at, method: "POST", body });
}

/** Asks for a mail with a link to a new password; nobody is told whether the address is known. */
export async function requestPasswordReset(email: string, at: At = {}): Promise<void> {
  await anonymously("/rest-auth/password/reset/", { email }, at);
}

/** Sets a new password by the link of a mail. */
export async function confirmPasswordReset(fields: { uid: string; token: string; newPassword: string }, at: At = {}): Promise<void> {
  const { uid, token, newPassword } = fields;
  await anonymously("/rest-auth/password/reset/confirm/", { uid, token, new_password1: newPassword, new_password2: newPassword }, at);
}

/** Tells servers of log-outs that they have not heard of. */
function makeUp(): void {
  for (const { backend, mode: how } of modes.values()) {
    if (backend.auth?.mode === "session" && !how.mayBeSomebody()) how.headers().catch(() => undefined);
  }
}

if (typeof addEventListener === "function") addEventListener("online", makeUp);

async function anonymously(path: string, body: unknown, at: At): Promise<void> {
  const backend = backendOf(at.backend);
  await request(accountsUrl(backend, path), { backend, method: "POST", body, isAnonymous: true });
}

/** Remembers whether somebody is there. */
function note(name: string, isSomebody: boolean): void {
  if (isSomebody) {
    present.add(name);
    denied.delete(name);
  } else present.delete(name);
}

/** Backends of which it is known that somebody is logged in, and those that have refused whoever asks. */
const present = new Set<string>();
const denied = new Set<string>();

/** The server does not take the credentials: said once, since lists on the page ask again afterwards. */
async function refused(backend: Backend): Promise<void> {
  const { name } = backend;
  if (denied.has(name)) return;
  denied.add(name);
  const { mode: how } = mode(name);
  const isSession = backend.auth?.mode === "session";
  const wasSomebody = present.delete(name) || (!isSession && how.mayBeSomebody());
  // A cookie that is refused is over; a token is forgotten.
  if (!isSession) how.forget();
  await endEpoch();
  if (wasSomebody) changed({ backend: name, user: null, reason: "refused" });
}

/** What cannot be emptied here is told where it is tried next. */
const hearTab = (news: { backend: string; what: "login" | "logout" }): void => void heard(news).catch(() => undefined);

async function heard(news: { backend: string; what: "login" | "logout" }): Promise<void> {
  const known = modes.get(news.backend);
  if (!known?.mode.isShared()) return;
  if (news.what === "login") denied.delete(news.backend);
  await endEpoch();
  const user = news.what === "logout" ? null : await currentUser({ backend: news.backend }).catch(() => null);
  changed({ backend: news.backend, user, reason: "other-tab" });
}

function changed(change: AuthChange): void {
  note(change.backend, change.user !== null);
  for (const listener of [...listeners]) listener(change);
}
