/** The CSRF token of a session: read from its cookie for each request that changes something. */

import type { Backend, Headers } from "../config.js";

/** The headers that a session's cookie needs beside it; none for tokens. */
export function csrfHeaders(backend: Backend, method: string): Headers {
  const { auth } = backend;
  if (auth?.mode !== "session" || method === "GET") return {};
  const token = csrfToken(backend);
  return token ? { [auth.csrfHeaderName ?? "X-CSRFToken"]: token } : {};
}

/** The token of the cookie; `undefined` when there is none, or a page may not read it. */
export function csrfToken(backend: Backend): string | undefined {
  if (typeof document === "undefined") return undefined;
  const named = backend.auth?.csrfCookieName;
  for (const name of named ? [named] : ["__Host-csrftoken", "csrftoken"]) {
    const cookie = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    if (cookie) return decodeURIComponent(cookie.slice(name.length + 1));
  }
  return undefined;
}
