/** The three ways to be logged in, behind one shape. */

import type { Backend, Headers } from "../config.js";
import { PortcullisError, isAuthenticationFailure, isRecord, SecondFactorNeeded } from "../errors.js";
import { accountsUrl, request } from "../http.js";
import { csrfToken } from "./csrf.js";
import { locked } from "./lock.js";
import { TokenStorage, type Kept } from "./storage.js";

/** What a log-in sends: `username` or `email`, the password, and the code of a second factor where there is one. */
export interface LoginFields {
  email?: string;
  username?: string;
  password: string;
  code?: string;
}

/** A log-in that waits for its second factor. */
export interface PendingLogin {
  pending: string;
  code: string;
}

/** One way to be logged in. */
export interface Mode {
  /** Proves who it is; afterwards `headers` are theirs. */
  login(fields: LoginFields | PendingLogin): Promise<void>;
  /** Takes a token that a sign-up gave. */
  adopt(token: string | undefined, fields: LoginFields): Promise<void>;
  /** Forgets it here at once, and gives what has to be told the server. */
  forget(): () => Promise<void>;
  headers(): Promise<Headers>;
  renew(used: Headers): Promise<boolean>;
  /** Whether there may be somebody: a session's cookie cannot be seen. */
  mayBeSomebody(): boolean;
  /** Whether other tabs share the log-in. */
  isShared(): boolean;
}

/** The mode that a backend asks for. */
export function modeOf(backend: Backend): Mode {
  switch (backend.auth?.mode) {
    case "session":
      return new SessionMode(backend);
    case "jwt":
      return new JwtMode(backend);
    default:
      return new TokenMode(backend);
  }
}

/** An opaque token, `Authorization: Token …`. */
class TokenMode implements Mode {
  protected readonly storage: TokenStorage;
  constructor(protected readonly backend: Backend) {
    this.storage = new TokenStorage(backend);
  }

  async login(fields: LoginFields | PendingLogin): Promise<void> {
    const answer = done(await this.post("/api/token/", { ...fields, with_state: true }));
    this.storage.write({ token: textOf(answer, "token") });
  }

  async adopt(token: string | undefined, _: LoginFields): Promise<void> {
    if (token) this.storage.write({ token });
  }

  forget(): () => Promise<void> {
    const kept = this.storage.read();
    this.storage.write(undefined);
    return async () => {
      if (kept) await this.post("/api/auth/logout/", undefined, { Authorization: `${this.scheme()} ${kept.token}` });
    };
  }

  async headers(): Promise<Headers> {
    const kept = this.storage.read();
    return kept ? { Authorization: `${this.scheme()} ${kept.token}` } : {};
  }

  async renew(used: Headers): Promise<boolean> {
    const now = (await this.headers())["Authorization"];
    return now !== undefined && now !== used["Authorization"];
  }

  mayBeSomebody(): boolean {
    return this.storage.read() !== undefined;
  }

  isShared(): boolean {
    return this.backend.auth?.storage === "local";
  }

  protected scheme(): string {
    return "Token";
  }

  protected async post(path: string, body: unknown, headers: Headers = {}): Promise<Record<string, unknown>> {
    const url = accountsUrl(this.backend, path);
    const answer = await request(url, { backend: this.backend, method: "POST", body, headers, isAnonymous: true });
    return isRecord(answer.body) ? answer.body : {};
  }
}

/** A pair of JWTs; the one for access is renewed by one tab for all. */
class JwtMode extends TokenMode {
  override async login(fields: LoginFields | PendingLogin): Promise<void> {
    this.storage.write(pairOf(done(await this.post("/jwt/token/", { ...fields, with_state: true }))));
  }

  override async adopt(_: string | undefined, fields: LoginFields): Promise<void> {
    await this.login(fields);
  }

  override async renew(used: Headers): Promise<boolean> {
    return locked(`${this.storage.key}.refresh`, async (hasWaited) => {
      if (await super.renew(used)) return true;
      // What another tab has written may be seen here a moment after it let go.
      const end = hasWaited && this.isShared() ? Date.now() + 200 : 0;
      while (Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (await super.renew(used)) return true;
      }
      const kept = this.storage.read();
      if (!kept?.refresh) return false;
      try {
        const fresh = await this.post("/jwt/refresh/", { refresh: kept.refresh });
        // Who logged out meanwhile stays out.
        if (this.storage.read()?.refresh !== kept.refresh) return super.renew(used);
        this.storage.write({ ...kept, ...pairOf({ refresh: kept.refresh, ...fresh }) });
        return true;
      } catch (error) {
        if (isAuthenticationFailure(error)) return super.renew(used);
        throw error;
      }
    });
  }

  override forget(): () => Promise<void> {
    const kept = this.storage.read();
    this.storage.write(undefined);
    return async () => {
      if (kept?.refresh) await this.post("/jwt/blacklist/", { refresh: kept.refresh });
    };
  }

  protected override scheme(): string {
    return "Bearer";
  }
}

/** Cookies that only the browser sees. */
class SessionMode implements Mode {
  constructor(private readonly backend: Backend) {}

  async login(fields: LoginFields | PendingLogin): Promise<void> {
    await this.endPending();
    await this.askForCookie();
    done(await this.post("/api/login/", { ...fields, with_state: true }));
  }

  async adopt(_: string | undefined, fields: LoginFields): Promise<void> {
    await this.login(fields);
  }

  forget(): () => Promise<void> {
    // The cookie is the server's to delete: until it has, nobody uses it.
    this.pending(true);
    return () => this.endPending();
  }

  async headers(): Promise<Headers> {
    await this.endPending();
    return {};
  }

  async renew(): Promise<boolean> {
    return false;
  }

  mayBeSomebody(): boolean {
    return !this.isPending();
  }

  isShared(): boolean {
    return true;
  }

  /** Tells the server of a log-out that it has not heard of yet. */
  private async endPending(): Promise<void> {
    if (!this.isPending()) return;
    try {
      await this.post("/api/logout/", undefined);
    } catch (error) {
      // The session is over already.
      if (!isAuthenticationFailure(error)) throw error;
    }
    this.pending(false);
  }

  private async askForCookie(): Promise<void> {
    const url = accountsUrl(this.backend, "/api/login-set-cookie/");
    await request(url, { backend: this.backend, isAnonymous: true });
    if (typeof document !== "undefined" && !csrfToken(this.backend)) {
      throw new PortcullisError(
        "CookieError",
        `This page cannot read the CSRF cookie of ${new URL(url).origin}: sessions need the page and the server on one origin. ` +
          'Use auth.mode "token" or "jwt" from another origin.',
      );
    }
  }

  private async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await request(accountsUrl(this.backend, path), { backend: this.backend, method: "POST", body, isAnonymous: true });
    return isRecord(answer.body) ? answer.body : {};
  }

  private get key(): string {
    return `portcullis.${this.backend.name}.logging-out`;
  }

  private isPending(): boolean {
    return pendingHere.has(this.key) || globalThis.localStorage?.getItem(this.key) === "1";
  }

  private pending(is: boolean): void {
    if (is) {
      pendingHere.add(this.key);
      globalThis.localStorage?.setItem(this.key, "1");
    } else {
      pendingHere.delete(this.key);
      globalThis.localStorage?.removeItem(this.key);
    }
  }
}

const pendingHere = new Set<string>();

/** The answer of a log-in that has ended well. */
function done(answer: Record<string, unknown>): Record<string, unknown> {
  const { state, detail, pending, factors } = answer;
  if (state === undefined || state === "done") return answer;
  const text = typeof detail === "string" ? detail : `The log-in wants another step: ${String(state)}.`;
  if (state !== "second_factor" || typeof pending !== "string") throw new PortcullisError("LoginIncomplete", text, 200, answer);
  throw new SecondFactorNeeded(text, pending, Array.isArray(factors) ? factors.map(String) : []);
}

function pairOf(answer: Record<string, unknown>): Kept {
  return { token: textOf(answer, "access"), refresh: textOf(answer, "refresh") };
}

function textOf(answer: Record<string, unknown>, key: string): string {
  const text = answer[key];
  if (typeof text === "string" && text !== "") return text;
  throw new PortcullisError("ServerError", `The log-in's answer has no ${key}.`, 200, Object.keys(answer));
}
