import "fake-indexeddb/auto";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import { known } from "../src/live/registry.js";
import { NetworkError, NotAuthenticated, PermissionDenied, ResetError, resetStateZero, setConfig, ValidationError, type BackendConfig } from "../src/index.js";
import { generated, headersOf, until, type Any, type AnyModel } from "./server/generated.js";

const models = inject("models");
let Tally: AnyModel;
let Memo: AnyModel;
let Crate: AnyModel;
let Site: AnyModel;
let who = "bela";
const stops: Array<() => void> = [];
const sockets: Socket[] = [];
let underWay = 0;

class Socket extends WebSocket {
  asked = 0;
  heard = 0;

  constructor(url: string) {
    super(url);
    sockets.push(this);
    this.on("message", (text) => {
      if (String(text).includes("pusher_internal:subscription_succeeded")) this.heard += 1;
    });
  }

  override send(text: string): void {
    if (text.includes("pusher:subscribe")) this.asked += 1;
    super.send(text);
  }
}

function configure(more: Partial<BackendConfig> = {}): void {
  setConfig({
    backendConfigs: {
      default: { API_URL: `${models}/statezero`, getAuthHeaders: () => (who ? headersOf(who) : {}), events: { type: "portcullis", appKey: "livekey" }, ...more },
    },
  });
}

/** What another browser does. */
async function other(name: string, model: string, query: unknown): Promise<void> {
  const answer = await fetch(`${models}/statezero/${model}/`, {
    method: "POST", headers: { "Content-Type": "application/json", ...headersOf(name) }, body: JSON.stringify({ ast: { query } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** The queries that this page sends. */
function queries(): () => Array<Record<string, any>> {
  const fetching = vi.spyOn(globalThis, "fetch");
  return () => fetching.mock.calls.flatMap(([url, init]) => (String(url).includes("events/auth") ? [] : [(JSON.parse(String(init?.body ?? "{}")) as Record<string, any>)["ast"]?.query ?? {}]));
}

const shown = (rows: ArrayLike<Any> & Iterable<Any>): string[] => [...rows].map((row) => String(row["name"] ?? row["text"]));
const watch = (rows: { subscribe(listener: () => void): () => void }, listener: () => void = () => undefined): void => void stops.push(rows.subscribe(listener));

/** Waits until events are heard, and nothing has been asked for a while. */
async function isHeard(): Promise<void> {
  let since = Date.now();
  await until(() => {
    const socket = sockets.at(-1);
    if (!socket || socket.heard === 0 || socket.heard < socket.asked || underWay > 0) since = Date.now();
    return Date.now() - since >= 150;
  }, "events that are heard");
}

beforeAll(async () => {
  Object.defineProperty(globalThis, "WebSocket", { configurable: true, value: Socket });
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    underWay += 1;
    return real(input, init).finally(() => (underWay -= 1));
  };
  ({ Tally, Memo, Crate, Site } = await generated(models));
});
beforeEach(async () => {
  await fetch(`${models}/__peer__/reset/`, { method: "POST" });
  who = "bela";
  configure();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const stop of stops.splice(0)) stop();
  await resetStateZero();
});

describe("a live list", () => {
  it("is there at once, can be awaited, and is shared by meaning", async () => {
    configure({ events: { type: "none" } });
    const sent = queries();
    const one = Tally.objects.filter({ a__gte: 4, b: 0 }).fetch();
    const two = Tally.objects.filter({ b: 0, a__gte: 4 }).fetch();
    expect(one.length).toBe(0);
    watch(one);
    watch(two);
    expect(shown(await one)).toEqual(["four"]);
    expect(shown(two)).toEqual(["four"]);
    expect(one[0]).toBe(one.at(0));
    expect(one.map((row) => row.pk)).toEqual([4]);
    expect(sent()).toHaveLength(1);
    // What is watched is not asked for again.
    await Tally.objects.filter({ a__gte: 4, b: 0 }).fetch();
    expect(sent()).toHaveLength(1);
  });

  it("is asked for again when its events are heard, of which some may have been missed", async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const real = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (String(input).includes("events/auth")) await gate;
      return real(input, init);
    });
    const rows = Tally.objects.filter({ a__gt: 2 }).orderBy("-a").fetch();
    watch(rows);
    await rows;
    await other("cleo", "depot.tally", { type: "create", data: { name: "six", a: 6 } });
    go();
    await until(() => shown(rows).join() === "six,five,four,three", "the row of which nothing was heard");
    await isHeard();
    const sent = queries();
    await Tally.objects.filter({ a__gt: 2 }).orderBy("-a").fetch();
    expect(sent()).toEqual([]);
  });

  it("hears events after the server would not sign for a while", async () => {
    const real = globalThis.fetch;
    let refusals = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (!String(input).includes("events/auth") || refusals === 2) return real(input, init);
      refusals += 1;
      return new Response("{}", { status: 503 });
    });
    const rows = Tally.objects.orderBy("a").fetch();
    watch(rows);
    await rows;
    await isHeard();
    expect(refusals).toBe(2);
    await other("cleo", "depot.tally", { type: "create", data: { name: "six", a: 6 } });
    await until(() => shown(rows).at(-1) === "six", "the new row");
  });

  it("is old when something is heard while it is asked for", async () => {
    watch(Tally.objects.orderBy("id").fetch());
    await isHeard();
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const real = globalThis.fetch;
    let isAsked = false;
    vi.spyOn(globalThis, "fetch").mockImplementationOnce(async (input, init) => {
      const answer = await real(input, init);
      isAsked = true;
      await gate;
      return answer;
    });
    const rows = Tally.objects.orderBy("-a").fetch();
    await until(() => isAsked, "an answer on its way");
    await other("cleo", "depot.tally", { type: "create", data: { name: "six", a: 6 } });
    await isHeard();
    go();
    await rows;
    watch(rows);
    await until(() => shown(rows)[0] === "six", "the new row");
  });

  it("keeps rows the same while nothing of them changed", async () => {
    const rows = Tally.objects.orderBy("a").fetch();
    watch(rows);
    const before = [...(await rows)];
    await before[1]!.update({ b: 7 });
    expect(rows[0]).toBe(before[0]);
    expect(rows[1]).not.toBe(before[1]);
    expect(rows[1]!["b"]).toBe(7);
  });

  it("shows what others do, and asks only for the rows that changed", async () => {
    const rows = Tally.objects.filter({ a__gt: 2 }).orderBy("-a").fetch();
    watch(rows);
    await rows;
    await isHeard();
    const sent = queries();
    await other("cleo", "depot.tally", { type: "create", data: { name: "six", a: 6 } });
    await until(() => rows.length === 4, "the new row");
    expect(shown(rows)).toEqual(["six", "five", "four", "three"]);
    await other("cleo", "depot.tally", { type: "update", filter: { type: "filter", conditions: { name: "five" } }, data: { a: 7 } });
    await until(() => shown(rows)[0] === "five", "the new order");
    await other("cleo", "depot.tally", { type: "update", filter: { type: "filter", conditions: { name: "six" } }, data: { a: 0 } });
    await until(() => rows.length === 3, "a row that does not belong any more");
    await other("cleo", "depot.tally", { type: "delete", filter: { type: "filter", conditions: { name: "three" } } });
    await until(() => shown(rows).join() === "five,four", "a row that is gone");
    const own = sent().filter((query) => query["type"] === "read");
    expect(own.every((query) => JSON.stringify(query).includes("pk__in"))).toBe(true);
  });

  it("follows rows over a relation", async () => {
    who = "amir";
    const rows = Crate.objects.filter({ site__is_open: false }).fetch();
    watch(rows);
    const before = (await rows).length;
    await isHeard();
    await other("amir", "depot.site", { type: "update", filter: { type: "filter", conditions: { name: "Corvo" } }, data: { is_open: true } });
    await until(() => before > 0 && rows.length === 0, "the crates of a site that opened");
  });

  it("asks again after the connection was lost", async () => {
    const rows = Tally.objects.orderBy("a").fetch();
    watch(rows);
    await rows;
    await isHeard();
    const lost = sockets.at(-1)!;
    lost.terminate();
    await other("cleo", "depot.tally", { type: "create", data: { name: "missed", a: 9 } });
    await until(() => shown(rows).includes("missed"), "a row of which nothing was heard");
  });

  it("keeps what it shows while the server is away, and comes back by itself", async () => {
    const rows = Tally.objects.orderBy("a").fetch();
    watch(rows);
    await rows;
    const real = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed"));
    await expect(rows.refetch()).rejects.toBeInstanceOf(NetworkError);
    expect(rows.error).toBeInstanceOf(NetworkError);
    expect(rows).toHaveLength(5);
    vi.restoreAllMocks();
    expect(globalThis.fetch).toBe(real);
    await until(() => rows.error === undefined, "an answer");
  });
});

describe("a write", () => {
  /** Holds requests back until it is called. */
  function holding(): () => void {
    const real = globalThis.fetch;
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      await gate;
      init?.signal?.throwIfAborted();
      return real(input, init);
    });
    return go;
  }

  it("is shown before the answer, and confirmed by it, with one request and its event heard once", async () => {
    const rows = Tally.objects.filter({ a__gte: 3 }).orderBy("a").fetch();
    watch(rows);
    await rows;
    await isHeard();
    const sent = queries();
    const making = Tally.objects.create({ name: "three and a half", a: 4, b: 1 });
    expect(shown(rows)).toEqual(["three", "four", "three and a half", "five"]);
    expect(rows[2]!.isPending).toBe(true);
    const made = await making;
    expect(rows[2]!.pk).toBe(made.pk);
    await isHeard();
    expect(sent().map((query) => query["type"])).toEqual(["create"]);
    expect(shown(rows)).toEqual(["three", "four", "three and a half", "five"]);
  });

  it("is taken back when it is refused, with the error", async () => {
    const rows = Tally.objects.orderBy("a").fetch();
    watch(rows);
    const [first] = await rows;
    const making = Tally.objects.create({ name: "one", a: 8 });
    expect(rows).toHaveLength(6);
    await expect(making).rejects.toBeInstanceOf(ValidationError);
    expect(rows).toHaveLength(5);
    const changing = first!.update({ a: "many" });
    await expect(changing).rejects.toBeInstanceOf(ValidationError);
    expect(rows[0]!["a"]).toBe(1);
  });

  it("takes deletions back, too", async () => {
    const memos = Memo.objects.orderBy("id").fetch();
    watch(memos);
    const [, ofCleo] = await memos;
    const deleting = ofCleo!.delete();
    expect(memos).toHaveLength(1);
    await expect(deleting).rejects.toBeInstanceOf(PermissionDenied);
    expect(memos).toHaveLength(2);
  });

  it("moves rows out of lists that they do not belong to any more, at once", async () => {
    const small = Tally.objects.filter({ a__lt: 3 }).orderBy("a").fetch();
    const big = Tally.objects.filter({ a__gte: 3 }).orderBy("a").fetch();
    watch(small);
    watch(big);
    await Promise.all([small, big]);
    const go = holding();
    const changing = small[0]!.update({ a: 30 });
    expect([shown(small), shown(big)]).toEqual([["two"], ["three", "four", "five", "one"]]);
    go();
    await changing;
    expect([shown(small), shown(big)]).toEqual([["two"], ["three", "four", "five", "one"]]);
  });

  it("is counted at once it is confirmed", async () => {
    const count = Tally.objects.filter({ a__gt: 1 }).count();
    watch(count);
    expect(await count).toBe(4);
    await Tally.objects.create({ name: "more", a: 50 });
    await until(() => count.value === 5, "one more");
    await isHeard();
    await other("cleo", "depot.tally", { type: "delete", filter: { type: "filter", conditions: { a: 50 } } });
    await until(() => count.value === 4, "one less");
  });

  it("of one user never lands as the next", async () => {
    const memos = Memo.objects.fetch();
    watch(memos);
    await memos;
    const go = holding();
    const pending = Memo.objects.create({ text: "a secret of bela" });
    expect(shown(memos)).toContain("a secret of bela");
    const refused = expect(pending).rejects.toBeInstanceOf(ResetError);
    who = "cleo";
    const resetting = resetStateZero();
    expect(memos).toHaveLength(0);
    go();
    await resetting;
    await refused;
    vi.restoreAllMocks();
    await until(() => memos.length === 2, "what cleo may see");
    expect(shown(memos)).toEqual(["Bela was here", "Cleo was here"]);
  });

  it("that waits for its headers is not sent with the next user's", async () => {
    let hold = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (hold = resolve));
    configure({ events: { type: "none" }, getAuthHeaders: () => waiting.then(() => headersOf(who)) });
    const sent = queries();
    const refused = expect(Memo.objects.create({ text: "of bela" })).rejects.toBeInstanceOf(ResetError);
    who = "cleo";
    await resetStateZero();
    hold();
    await refused;
    expect(sent()).toEqual([]);
  });
});

describe("after a reset", () => {
  it("nothing of the first user is reachable: rows, numbers, events", async () => {
    who = "amir";
    const crates = Crate.objects.orderBy("id").fetch();
    const count = Crate.objects.count();
    watch(count);
    let seen: string[] = [];
    stops.push(crates.subscribe((rows) => (seen = shown(rows))));
    await Promise.all([crates, count]);
    expect(shown(crates)).toContain("Attic box");
    await isHeard();
    const old = sockets.at(-1)!;
    who = "bela";
    await resetStateZero();
    expect(known().rows).toBe(0);
    expect([crates.length, count.value, seen]).toEqual([0, undefined, []]);
    await until(() => old.readyState === WebSocket.CLOSED, "the old connection's end");
    await until(() => crates.length > 0 && count.value !== undefined, "what bela may see");
    expect(shown(crates)).not.toContain("Attic box");
    expect(count.value).toBe(crates.length);
  });

  it.each(["token", "session"] as const)("nobody is refused once, and not asked again and again, with %s", async (mode) => {
    setConfig({ backendConfigs: { default: { API_URL: `${models}/statezero`, auth: { mode } } } });
    const sent = queries();
    const sites = Site.objects.fetch();
    const count = Site.objects.count();
    watch(sites);
    watch(count);
    await until(() => sites.error !== undefined && count.error !== undefined, "refusals");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sites.error).toBeInstanceOf(NotAuthenticated);
    expect(sent().length).toBeLessThanOrEqual(4);
  });

  it("nobody's page is empty, and says why", async () => {
    const sites = Site.objects.fetch();
    watch(sites);
    await sites;
    who = "";
    await resetStateZero();
    await until(() => sites.error !== undefined, "a refusal");
    expect(sites.error).toBeInstanceOf(NotAuthenticated);
    expect(sites).toHaveLength(0);
  });
});

describe("in IndexedDB", () => {
  const list = (): ReturnType<AnyModel["objects"]["fetch"]> => Tally.objects.filter({ a__lte: 2 }).orderBy("a").fetch();

  function done<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  }

  async function isKept(): Promise<void> {
    const database = await done(indexedDB.open("portcullis"));
    await vi.waitUntil(async () => (await done(database.transaction("lists").objectStore("lists").count())) === 1, { timeout: 5000 });
    database.close();
  }

  it("lists are there after a reload while the server is away, and then brought up to date", async () => {
    configure({ persist: true });
    await list();
    await isKept();
    // A page that is loaded anew knows nothing.
    configure({ persist: true });
    const real = globalThis.fetch;
    let isAway = true;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (isAway) throw new TypeError("fetch failed");
      return real(input, init);
    });
    const rows = list();
    watch(rows);
    await expect(Promise.resolve(rows)).rejects.toBeInstanceOf(NetworkError);
    expect(shown(rows)).toEqual(["one", "two"]);
    isAway = false;
    await other("cleo", "depot.tally", { type: "update", filter: { type: "filter", conditions: { name: "one" } }, data: { a: 70 } });
    await until(() => shown(rows).join() === "two", "what is true now");
  });

  it("is nothing of a user after a reset, and nothing of another before it", async () => {
    configure({ persist: true });
    await list();
    await isKept();
    const away = (): void => void vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed"));
    // The next user, whose application forgot to reset.
    who = "cleo";
    configure({ persist: true });
    away();
    await expect(Promise.resolve(list())).rejects.toBeInstanceOf(NetworkError);
    expect(list()).toHaveLength(0);
    // The same user, after a reset.
    who = "bela";
    await resetStateZero();
    configure({ persist: true });
    const rows = list();
    await expect(Promise.resolve(rows)).rejects.toBeInstanceOf(NetworkError);
    expect(rows).toHaveLength(0);
  });

  it("is nothing of a user who goes while it is looked up", async () => {
    configure({ persist: true, events: { type: "none" } });
    await list();
    await isKept();
    configure({ persist: true, events: { type: "none" } });
    const real = IDBObjectStore.prototype.get;
    const resets: Array<Promise<void>> = [];
    vi.spyOn(IDBObjectStore.prototype, "get").mockImplementation(function (this: IDBObjectStore, key) {
      const found = real.call(this, key);
      resets.push(resetStateZero());
      return found;
    });
    const rows = list();
    await expect(Promise.resolve(rows)).rejects.toBeInstanceOf(ResetError);
    await Promise.all(resets);
    expect(resets).toHaveLength(1);
    expect(known().rows).toBe(0);
    expect(rows.snapshot()).toEqual([]);
  });
});
