import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import {
  currentUser, devices, endDevice, login, logout, logoutEverywhere, logoutOthers, NetworkError, NotAuthenticated, onAuthChange, setConfig,
  SecondFactorNeeded, signup, Throttled, ServerError, NotJsonError, ValidationError, api, type AuthChange, type AuthConfig,
} from "../src/index.js";
import { CookieJar } from "./server/cookie_jar.js";

const server = inject("server");
const password = "correct horse 9";
let changes: AuthChange["reason"][] = [];
let number = 0;

function configure(auth: AuthConfig): void {
  setConfig({ backendConfigs: { default: { API_URL: `${server}/statezero`, auth } } });
}

/** Answers of servers in trouble, in place of the next request to that path. */
function failing(path: string, answer: () => Response | Promise<Response>): void {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
    String(input).includes(path) ? answer() : real(input, init),
  );
}

/** The code of RFC 6238, so many steps of 30 seconds from now. */
function totp(secret: string, steps: number): string {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac("sha1", key).update(time).digest();
  return String((digest.readUInt32BE(digest.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

beforeEach(() => {
  changes = [];
  number += 1;
});
onAuthChange((change) => changes.push(change.reason));
afterEach(() => vi.restoreAllMocks());

describe.each<AuthConfig>([{ mode: "token" }, { mode: "jwt" }])("with $mode", (auth) => {
  const email = (): string => `ada${number}-${auth.mode}@example.com`;

  beforeEach(async () => {
    configure(auth);
    await signup({ email: email(), password });
    changes = [];
  });
  afterEach(() => logout());

  it("knows who is logged in, and forgets at log-out", async () => {
    expect(await currentUser()).toMatchObject({ email: email() });
    await logout();
    expect(await currentUser()).toBeNull();
    await expect(api("/test_auth/")).rejects.toBeInstanceOf(NotAuthenticated);
    expect(changes).toEqual(["logout"]);
  });

  it("ends the log-in at the server, too", async () => {
    const fetching = vi.spyOn(globalThis, "fetch");
    await currentUser();
    const used = fetching.mock.calls.at(-1)?.[1]?.headers as Record<string, string>;
    await logout();
    const answer = await fetch(`${server}/api/user/`, { headers: { Authorization: used["Authorization"] ?? "" } });
    expect(answer.status).toBe(401);
  });

  it("says what a wrong password is", async () => {
    await logout();
    const wrong = login({ email: email(), password: "wrong" });
    await expect(wrong).rejects.toThrow(auth.mode === "jwt" ? /No active account/ : /Unable to log in/);
    expect(await currentUser()).toBeNull();
  });

  it("is told field by field what a sign-up lacks", async () => {
    const error: unknown = await signup({ email: "nobody", password: "12" }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).fields["email"]).toEqual(["Enter a valid email address."]);
  });

  it("lists devices, and ends them", async () => {
    const other = await fetch(`${server}/api/token/`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: email(), password }),
    });
    const { token } = (await other.json()) as { token: string };
    const status = async (): Promise<number> =>
      (await fetch(`${server}/api/user/`, { headers: { Authorization: `Token ${token}` } })).status;
    expect(await status()).toBe(200);
    const found = (await devices()).find((device) => !device.current && device.scheme === "device");
    await endDevice(found!.id);
    expect(await status()).toBe(401);
    expect(await logoutOthers()).toBeGreaterThanOrEqual(0);
    expect(await devices()).toHaveLength(1);
    await logoutEverywhere();
    expect(changes.at(-1)).toBe("logout");
    expect(await currentUser()).toBeNull();
  });

  it.each([
    [429, "{}", Throttled],
    [500, "<h1>Server Error</h1>", ServerError],
    [503, '{"detail": "busy"}', ServerError],
    [200, "<!doctype html>", NotJsonError],
  ])("stays logged in over %i %s", async (status, body, kind) => {
    failing("/api/user/", () => new Response(body, { status }));
    await expect(currentUser()).rejects.toBeInstanceOf(kind);
    vi.restoreAllMocks();
    expect(await currentUser()).toMatchObject({ email: email() });
    expect(changes).toEqual([]);
  });

  it("stays logged in while the server is away", async () => {
    failing("/", () => Promise.reject(new TypeError("fetch failed")));
    await expect(currentUser()).rejects.toBeInstanceOf(NetworkError);
    vi.restoreAllMocks();
    expect(await currentUser()).toMatchObject({ email: email() });
  });

  it("leaves nothing usable behind when it logs out offline", async () => {
    failing("/", () => Promise.reject(new TypeError("fetch failed")));
    await logout();
    vi.restoreAllMocks();
    expect(await currentUser()).toBeNull();
    await expect(api("/test_auth/")).rejects.toBeInstanceOf(NotAuthenticated);
  });

  it("goes on with a second factor", async () => {
    const { secret, setup } = await api<{ secret: string; setup: string }>("/api/second-factors/totp/setup/", { method: "POST", body: { password } });
    await api("/api/second-factors/totp/", { method: "POST", body: { setup, code: totp(secret, 0), password } });
    await logout();
    const stopped: unknown = await login({ email: email(), password }).catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(SecondFactorNeeded);
    expect((stopped as SecondFactorNeeded).factors).toContain("totp");
    expect(await currentUser()).toBeNull();
    const wrong: unknown = await (stopped as SecondFactorNeeded).confirm("000000").catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(ValidationError);
    // Each code is good once.
    expect(await (stopped as SecondFactorNeeded).confirm(totp(secret, 1))).toMatchObject({ email: email() });
    expect(await currentUser()).toMatchObject({ email: email() });
  });

  it("is told when the server ended the log-in", async () => {
    const fetching = vi.spyOn(globalThis, "fetch");
    await currentUser();
    const { Authorization = "" } = fetching.mock.calls.at(-1)?.[1]?.headers as Record<string, string>;
    await fetch(`${server}/api/devices/logout-all/`, { method: "POST", headers: { Authorization } });
    expect(await currentUser()).toBeNull();
    expect(changes).toEqual(["refused"]);
  });
});

describe("JWTs", () => {
  beforeEach(async () => {
    configure({ mode: "jwt" });
    await signup({ email: `joan${number}@example.com`, password });
  });
  afterEach(() => logout());

  it("are refreshed once for many requests", async () => {
    await new Promise((resolve) => setTimeout(resolve, 4100));
    const fetching = vi.spyOn(globalThis, "fetch");
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => currentUser()));
    expect(all.every((user) => user?.email === `joan${number}@example.com`)).toBe(true);
    expect(fetching.mock.calls.filter(([url]) => String(url).includes("/jwt/refresh/"))).toHaveLength(1);
  });

  it.each([429, 503])("are kept when a refresh answers %i", async (status) => {
    failing("/jwt/refresh/", () => new Response("{}", { status }));
    await new Promise((resolve) => setTimeout(resolve, 4100));
    await expect(currentUser()).rejects.toMatchObject({ status });
    vi.restoreAllMocks();
    expect(await currentUser()).toMatchObject({ email: `joan${number}@example.com` });
  });
});

describe("with a session", () => {
  const jar = new CookieJar(server);

  beforeEach(async () => {
    jar.install();
    configure({ mode: "session" });
    await signup({ email: `sue${number}@example.com`, password });
  });
  afterEach(async () => {
    await logout();
    jar.uninstall();
  });

  it("logs in by cookie, and sends the CSRF token", async () => {
    expect(jar.names()).toContain("sessionid");
    expect(await currentUser()).toMatchObject({ email: `sue${number}@example.com` });
    expect(await api("/test_auth/", { method: "POST" })).toBe(`Hello sue${number}@example.com! Posted!`);
  });

  it("ends the session at log-out", async () => {
    const old = jar.value("sessionid");
    await logout();
    const answer = await jar.real(`${server}/api/user/`, { headers: { Cookie: `sessionid=${old}` } });
    expect(answer.status).toBe(401);
  });

  it("does not use a session whose log-out the server has not heard of", async () => {
    const old = jar.value("sessionid");
    jar.isOffline = true;
    await logout();
    jar.isOffline = false;
    expect(await currentUser()).toBeNull();
    // The next request tells the server first.
    await expect(api("/api/user/")).rejects.toBeInstanceOf(NotAuthenticated);
    const answer = await jar.real(`${server}/api/user/`, { headers: { Cookie: `sessionid=${old}` } });
    expect(answer.status).toBe(401);
  });
});
