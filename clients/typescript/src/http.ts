/** One request: headers of whoever is logged in, JSON in and out, and errors that have names. */

import { backend as backendOf, type Backend, type Headers } from "./config.js";
import { csrfHeaders } from "./auth/csrf.js";
import { upload } from "./upload.js";
import { epoch, mustBe, type Epoch } from "./epoch.js";
import { errorOf, NetworkError, NotAuthenticated, NotJsonError, PortcullisError } from "./errors.js";

/** What is asked of a server. */
export interface Ask {
  backend: Backend;
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON, but for `FormData` and text. */
  body?: unknown;
  headers?: Headers;
  signal?: AbortSignal;
  /** Without the headers of whoever is logged in: for log-ins. */
  isAnonymous?: boolean;
  /** Is told how much of the body is sent, from 0 to 1, where browsers can say it. */
  onProgress?: (part: number) => void;
}

/** What came back. */
export interface Answer<T> {
  body: T;
  status: number;
  headers: globalThis.Headers;
}

/** Headers of whoever is logged in, and a way to new ones when the server does not take them. */
export interface Credentials {
  headers(): Promise<Headers>;
  /** Whether there are better ones now. */
  renew(used: Headers): Promise<boolean>;
  /** The server does not take them. */
  refused(): Promise<void>;
}

const credentials = new Map<string, Credentials>();

/** Says who asks a backend; set by the log-in. */
export function setCredentials(name: string, of: Credentials | undefined): void {
  if (of) credentials.set(name, of);
  else credentials.delete(name);
}

/** The headers that a request of now has. */
export async function authHeaders(backend: Backend): Promise<Headers> {
  const own = await credentials.get(backend.name)?.headers();
  const given = await backend.getAuthHeaders?.();
  return { ...own, ...given };
}

/** Whether there are newer credentials than these, or than those of now when none are named. */
export async function renewed(backend: Backend, token: string | undefined): Promise<boolean> {
  const known = credentials.get(backend.name);
  if (!known) return false;
  const now = await known.headers();
  return known.renew(token === undefined ? now : { Authorization: `${now["Authorization"]?.split(" ")[0] ?? ""} ${token}` });
}

/**
 * Sends it, and reads the JSON that comes back.
 *
 * A 401 is tried once more when there are newer credentials. A request whose user is gone before it is sent
 * is not sent, and the answer to one that was is not read.
 *
 * @throws {@link PortcullisError}
 */
export async function request<T = unknown>(url: string, ask: Ask): Promise<Answer<T>> {
  const begun = epoch();
  const used = ask.isAnonymous ? {} : await authHeaders(ask.backend);
  try {
    return await once<T>(url, ask, used, begun);
  } catch (error) {
    const known = credentials.get(ask.backend.name);
    if (!(error instanceof NotAuthenticated) || ask.isAnonymous || !known) throw error;
    if (await known.renew(used)) return once<T>(url, ask, await authHeaders(ask.backend), begun);
    mustBe(begun);
    await known.refused();
    throw error;
  }
}

async function once<T>(url: string, ask: Ask, used: Headers, begun: Epoch): Promise<Answer<T>> {
  // Nothing of one user is sent as another.
  mustBe(begun);
  const { backend, method = "GET", body } = ask;
  const isPlain = body === undefined || body instanceof FormData || typeof body === "string";
  const headers: Headers = {
    Accept: "application/json",
    ...(isPlain ? {} : { "Content-Type": "application/json" }),
    ...csrfHeaders(backend, method),
    ...used,
    ...ask.headers,
  };
  const timeout = AbortSignal.timeout(backend.timeout);
  const signals = [begun.signal, timeout, ...(ask.signal ? [ask.signal] : [])];
  let response: Response;
  let text: string;
  try {
    const init = {
      method,
      headers,
      credentials: backend.auth?.mode === "session" ? ("include" as const) : ("same-origin" as const),
      // Large bodies take as long as they take.
      signal: AbortSignal.any(ask.onProgress ? signals.filter((signal) => signal !== timeout) : signals),
      ...(body === undefined ? {} : { body: isPlain ? (body as string | FormData) : JSON.stringify(body) }),
    };
    response = await (ask.onProgress && typeof XMLHttpRequest !== "undefined" ? upload(url, init, ask.onProgress) : fetch(url, init));
    text = await response.text();
  } catch (error) {
    mustBe(begun);
    if (ask.signal?.aborted) throw error;
    throw new NetworkError(url, error);
  }
  mustBe(begun);
  const read = parsed(text);
  if (read === NOTHING && text.trim() !== "") {
    if (response.status >= 400) throw errorOf({ url, status: response.status, body: {}, retryAfter: response.headers.get("Retry-After") });
    throw new NotJsonError(url, response.status, text);
  }
  const answered = read === NOTHING ? undefined : read;
  if (!response.ok) {
    throw errorOf({ url, status: response.status, body: answered, retryAfter: response.headers.get("Retry-After") });
  }
  return { body: answered as T, status: response.status, headers: response.headers };
}

const NOTHING = Symbol();

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOTHING;
  }
}

/**
 * A request to a door of one's own, with the headers of whoever is logged in, like `api("/test_auth/")`.
 *
 * @param path a path at the accounts' server, or a whole URL of a server that may see the credentials
 */
export async function api<T = unknown>(path: string, ask: Omit<Ask, "backend" | "isAnonymous"> & { backend?: string } = {}): Promise<T> {
  const backend = backendOf(ask.backend);
  return (await request<T>(accountsUrl(backend, path), { ...ask, backend })).body;
}

/** The URL of a path at the server where people log in. */
export function accountsUrl(backend: Backend, path: string): string {
  const here = typeof location === "undefined" ? undefined : location.href;
  const base = new URL(backend.auth?.url ?? new URL(backend.API_URL, here).origin, here);
  const url = new URL(path, base);
  // Credentials go to servers that are configured, and nowhere else.
  if (url.origin !== base.origin) throw new PortcullisError("ConfigError", `${url.origin} is not ${base.origin}, and gets no credentials.`);
  return url.href;
}
