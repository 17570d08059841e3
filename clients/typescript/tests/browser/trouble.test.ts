import type { Server } from "node:http";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleVue, enter, hasBrowser, launch, Portcullis, serveSite, showsTeams, Window } from "./site.js";

const isLong = process.env["PORTCULLIS_LONG"] === "1";
const server = new Portcullis();
let site: Server;
let browser: Browser;
let home: string;
let window: Window;
let page: Page;
let staff: { Authorization: string };
let state: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;

beforeAll(async () => {
  if (!hasBrowser || !isLong) return;
  const folder = await bundleVue();
  await server.start();
  server.superuser("amir");
  staff = { Authorization: `Token ${await server.token("amir")}` };
  ({ url: home, site } = await serveSite(folder, server.url, false));
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  site?.close();
  await server.end();
});

beforeEach(async () => {
  for (const query of [{ type: "delete", filter: { type: "filter", conditions: { id__gt: 0 } } }, { type: "bulk_create", data: [{ name: "editors" }, { name: "secret" }] }]) {
    await server.post("/statezero/auth.group/", { ast: { query } }, staff);
  }
  window = new Window(await browser.newContext(state ? { storageState: state } : {}));
  page = await window.page(`${home}/teams`);
  if (!state) await enter(page, "amir@example.com");
  await showsTeams(page, ["editors", "secret"]);
  state = await window.context.storageState();
});
// No scenario may leave an error that nobody took care of.
afterEach(() => window.end());

type Trouble = [name: string, said: RegExp, answer: (route: Route) => Promise<void>];
const fulfil = (status: number, contentType: string, body: string, headers: Record<string, string> = {}) => (route: Route): Promise<void> =>
  route.fulfill({ status, contentType, body, headers });
const TROUBLES: Trouble[] = [
  ["500 with a page", /answered 500/, fulfil(500, "text/html", "<h1>Server Error (500)</h1>")],
  ["502 of a proxy", /answered 502/, fulfil(502, "text/html", "<h1>Bad Gateway</h1>")],
  ["503 with a sentence", /busy/, fulfil(503, "application/json", '{"detail":"busy"}')],
  ["429", /throttled/i, fulfil(429, "application/json", '{"detail":"Request was throttled."}', { "Retry-After": "1" })],
  ["a page in place of JSON", /not JSON/, fulfil(200, "text/html", "<!doctype html><title>Welcome</title>")],
  ["half an answer", /not JSON/, fulfil(200, "application/json", '{"data": {"data": [')],
  ["a connection that is refused", /could not be reached/, (route) => route.abort("connectionrefused")],
];
const API = "**/statezero/auth.group/";

describe.skipIf(!hasBrowser || !isLong)("a server in trouble", () => {
  it.each(TROUBLES)("while a list is read (%s) leaves what is known on the page, and is over when it is over", async (_, said, answer) => {
    await expect.poll(() => page.evaluate(() => indexedDB.databases().then((all) => all.length))).toBe(1);
    await page.waitForTimeout(200);
    await page.route(API, answer);
    await page.reload();
    await expect.poll(() => page.locator("#offline").innerText(), { timeout: 10_000 }).toMatch(said);
    await showsTeams(page, ["editors", "secret"]);
    await page.unroute(API);
    await server.post("/statezero/auth.group/", { ast: { query: { type: "create", data: { name: "after" } } } }, staff);
    await showsTeams(page, ["editors", "secret", "after"]);
    await expect.poll(() => page.locator("#offline").count(), { timeout: 10_000 }).toBe(0);
    expect(await page.locator("#who").innerText()).toBe("amir@example.com");
  });

  it.each(TROUBLES)("while something is written (%s) is told, and the page is as it was", async (_, said, answer) => {
    await page.route(API, (route) => (route.request().postData()?.includes('"create"') ? answer(route) : route.continue()));
    await page.getByLabel("New team").fill("painters");
    await page.getByRole("button", { name: "Add" }).click();
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(said);
    await showsTeams(page, ["editors", "secret"]);
    await page.unroute(API);
    await page.getByLabel("New team").fill("painters");
    await page.getByRole("button", { name: "Add" }).click();
    await showsTeams(page, ["editors", "secret", "painters"]);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it.each(TROUBLES)("while it is asked who somebody is (%s) logs nobody out", async (_, __, answer) => {
    await page.route("**/api/user/", answer);
    await page.reload();
    await showsTeams(page, ["editors", "secret"]);
    expect(new URL(page.url()).pathname).toBe("/teams");
    await page.unroute("**/api/user/");
    await page.reload();
    await expect.poll(() => page.locator("#who").innerText()).toBe("amir@example.com");
  });
});
