/** How a socket says who opens it: browsers cannot set its headers. */

import type { Backend } from "../config.js";
import { accountsUrl, authHeaders, request } from "../http.js";

/**
 * - `cookie`: a session's cookie, which the browser sends by itself
 * - `sub-protocol`: a token beside the protocol's name, where no log on the way writes it down
 * - `first-message`: a token in the first frame, where a proxy strips protocols
 * - `ticket`: a text that is good once, for moments; the server needs tickets
 * - `query`: a token in the URL; for servers that take nothing else, since logs keep URLs
 */
export type SocketAuth = "cookie" | "sub-protocol" | "first-message" | "ticket" | "query";

/** What a socket is opened with. */
export interface Opening {
  url: string;
  protocols: string[];
  /** The first frame, if the socket begins with one. */
  first?: Record<string, unknown>;
  /** The token that it depends on. */
  token?: string;
}

/** The token of the headers of now, without its scheme. */
export async function tokenOf(backend: Backend): Promise<string | undefined> {
  const headers = await authHeaders(backend);
  const name = Object.keys(headers).find((each) => each.toLowerCase() === "authorization");
  return name === undefined ? undefined : headers[name]?.trim().split(/\s+/)[1];
}

/** Fresh credentials for one connection. */
export async function opening(backend: Backend, path: string, how: SocketAuth): Promise<Opening> {
  const url = new URL(accountsUrl(backend, path));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (how === "cookie") return { url: url.href, protocols: [] };
  if (how === "ticket") {
    const asked = await request<{ ticket: string }>(accountsUrl(backend, "/api/ws-ticket/"), { backend, method: "POST", body: { path: url.pathname } });
    url.searchParams.set("ticket", asked.body.ticket);
    return { url: url.href, protocols: [] };
  }
  const token = await tokenOf(backend);
  if (token === undefined) return { url: url.href, protocols: [] };
  switch (how) {
    case "first-message":
      return { url: url.href, protocols: [], first: { action: "authenticate", token }, token };
    case "query":
      url.searchParams.set("token", token);
      return { url: url.href, protocols: [], token };
    default:
      return { url: url.href, protocols: ["portcullis.v1", asProtocol(token)], token };
  }
}

/** A token as the name of a protocol, which has few characters. */
function asProtocol(token: string): string {
  if (/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(token)) return `bearer.${token}`;
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  return `base64url.bearer.portcullis.${btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** When a JWT ends, in milliseconds since 1970; `undefined` for other tokens. */
export function endOf(token: string | undefined): number | undefined {
  const part = token?.split(".")[1];
  if (!part) return undefined;
  try {
    const claims = JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/"))) as { exp?: unknown };
    return typeof claims.exp === "number" ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
