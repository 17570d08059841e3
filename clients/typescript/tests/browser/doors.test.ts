import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch, PASSWORD, picture, Portcullis, Window } from "./site.js";

const server = new Portcullis();
let browser: Browser;
const windows: Window[] = [];

beforeAll(async () => {
  if (!hasBrowser) return;
  await server.start();
  server.superuser("amir");
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server.end();
});
afterEach(async () => {
  for (const window of windows.splice(0)) await window.end();
});

async function asStaff(scheme: "token" | "session", options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const window = new Window(await browser.newContext(options));
  windows.push(window);
  const page = await window.page(`${server.url}/`);
  await page.getByLabel("E-mail").fill("amir@example.com");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel(scheme === "token" ? "token" : "session cookie", { exact: true }).check();
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect.poll(() => page.locator("#who").innerText()).toContain("Logged in as amir@example.com");
  return page;
}

async function follow(page: Page): Promise<void> {
  await expect.poll(() => page.getByLabel("Model").locator("option").count()).toBe(1);
  await page.getByRole("button", { name: "Follow" }).click();
  await expect.poll(() => page.locator("#live-state").innerText()).toBe("live");
}

const rows = (page: Page): Promise<string[]> => page.locator("#live-rows li").allInnerTexts();

describe.skipIf(!hasBrowser)("the page of all doors", () => {
  it("follows a list in two windows, by token and by session, until somebody logs out everywhere", async () => {
    const [one, two] = [await asStaff("token"), await asStaff("session", { colorScheme: "dark" })];
    await follow(one);
    await follow(two);
    await one.getByLabel("New row, as JSON").fill('{"name": "painters"}');
    await one.getByRole("button", { name: "Add it" }).click();
    await expect.poll(() => rows(two)).toEqual([expect.stringContaining("name: painters")]);
    await expect.poll(() => rows(one)).toEqual([expect.stringContaining("name: painters")]);
    await one.getByRole("button", { name: "Open socket" }).click();
    await expect.poll(() => one.locator("#socket-log").innerText()).toContain("welcome");
    await picture(one, "doors");
    await picture(two, "doors-dark");
    await two.getByRole("button", { name: "Log out everywhere" }).click();
    await expect.poll(() => one.locator("#socket-state").innerText()).toContain("you were logged out");
    await expect.poll(() => one.locator("#live-state").innerText()).toContain("you were logged out");
    expect(await rows(one)).toEqual([]);
    expect(await rows(two)).toEqual([]);
  });

  it("shows a token and a form to no server that a link names", async () => {
    const page = await asStaff("token");
    const seen: Array<string | undefined> = [];
    await page.route("http://elsewhere.test/**", (route) => {
      seen.push(route.request().headers()["authorization"]);
      return route.fulfill({ status: 401, contentType: "application/json", body: "{}", headers: { "Access-Control-Allow-Origin": "*" } });
    });
    await page.goto(`${server.url}/?api=http://elsewhere.test`);
    await expect.poll(() => page.locator("#who").innerText()).toContain("Logged in as amir@example.com");
    expect(seen).toEqual([]);
    await page.goto(`${server.url}/`);
    await expect.poll(() => page.locator("#who").innerText()).toContain("Logged in as amir@example.com");
  });

  it("says what is wrong with a row", async () => {
    const page = await asStaff("token");
    await follow(page);
    await page.getByLabel("New row, as JSON").fill("{name}");
    await page.getByRole("button", { name: "Add it" }).click();
    await expect.poll(() => page.locator("#live-state").innerText()).toContain("JSON");
    await page.getByLabel("New row, as JSON").fill('{"name": ""}');
    await page.getByRole("button", { name: "Add it" }).click();
    await expect.poll(() => page.locator("#live-state").innerText()).toContain("may not be blank");
  });
});
