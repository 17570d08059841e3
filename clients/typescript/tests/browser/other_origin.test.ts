import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "./free_port.js";
import { bundlePlain, bundleVue, enter, hasBrowser, launch, PASSWORD, picture, Portcullis, serveSite, showsTeams, Window } from "./site.js";

let server: Portcullis;
let browser: Browser;
let vue: string;
let plain: string;
const sites: Server[] = [];
const windows: Window[] = [];

beforeAll(async () => {
  if (!hasBrowser) return;
  const ports = [await freePort(), await freePort()] as const;
  const origins = ports.map((port) => `http://127.0.0.1:${port}`);
  server = new Portcullis({ PORTCULLIS_CORS_ORIGINS: origins.join(","), PORTCULLIS_JWT_ACCESS_TOKEN_LIFETIME: "3" });
  await server.start();
  server.superuser("amir");
  const spa = await serveSite(await bundleVue(), server.url, true, ports[0]);
  const page = await serveSite(await bundlePlain(), server.url, true, ports[1]);
  sites.push(spa.site, page.site);
  vue = spa.url;
  plain = page.url;
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  for (const site of sites) site.close();
  await server?.end();
});
afterEach(async () => {
  for (const window of windows.splice(0)) await window.end();
});

async function open(): Promise<Window> {
  const window = new Window(await browser.newContext());
  windows.push(window);
  return window;
}

const answer = (page: Page): Promise<string> => page.locator("#answer").innerText();

async function logIn(page: Page, remember: boolean): Promise<void> {
  await page.getByRole("button", { name: "Log in" }).first().click();
  await page.getByLabel("Name or e-mail").fill("amir");
  await page.getByLabel("Password").fill(PASSWORD);
  if (remember) await page.getByLabel("Remember me").check();
  await page.getByRole("dialog").getByRole("button", { name: "Log in" }).click();
  await expect.poll(() => page.locator("#username").innerText()).toBe("amir@example.com");
}

describe.skipIf(!hasBrowser)("from another origin", () => {
  it("the Vue application works with JWTs, which one tab renews for all", async () => {
    const window = await open();
    const one = await window.page(`${vue}/teams`);
    await enter(one, "amir@example.com");
    await showsTeams(one, []);
    const two = await window.page(`${vue}/teams`);
    await showsTeams(two, []);
    const refreshed: Array<string | null> = [];
    window.context.on("requestfinished", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/jwt/refresh/")) refreshed.push(request.postData());
    });
    await one.waitForTimeout(3500);
    await Promise.all([one.reload(), two.reload()]);
    await Promise.all([expect.poll(() => one.locator("#who").innerText()).toBe("amir@example.com"), expect.poll(() => two.locator("#who").innerText()).toBe("amir@example.com")]);
    // Each token is exchanged by one tab, and none by the other.
    expect(refreshed.length).toBeGreaterThan(0);
    expect(refreshed).toEqual([...new Set(refreshed)]);
    await one.bringToFront();
    await one.getByLabel("New team").fill("far away");
    await one.getByRole("button", { name: "Add" }).click();
    await showsTeams(two, ["far away"]);
    await one.getByRole("button", { name: "Log out" }).click();
    await two.waitForURL("**/login**");
    expect(await one.evaluate(() => Object.keys(localStorage))).toEqual([]);
  });

  it("the page without a build logs in, tries its token, and logs out", async () => {
    const page = await (await open()).page(plain);
    await page.getByRole("button", { name: "Test auth", exact: true }).click();
    await expect.poll(() => answer(page)).toContain("(status: 401)");
    await page.getByRole("button", { name: "Log in" }).first().click();
    await picture(page, "plain-dialog");
    await page.keyboard.press("Escape");
    await logIn(page, false);
    await page.getByRole("button", { name: "Test auth", exact: true }).click();
    await expect.poll(() => answer(page)).toBe("Ok! Response: Hello amir!");
    await page.getByRole("button", { name: "Test auth POST" }).click();
    await expect.poll(() => answer(page)).toBe("Ok! Response: Hello amir! Posted!");
    await picture(page, "plain-logged-in");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Test auth", exact: true }).click();
    await expect.poll(() => answer(page)).toContain("(status: 401)");
  });

  it("a token is of its tab, or remembered", async () => {
    const window = await open();
    const page = await window.page(plain);
    await logIn(page, false);
    await page.reload();
    await expect.poll(() => page.locator("#username").innerText()).toBe("amir@example.com");
    const other = await window.page(plain);
    await expect.poll(() => other.locator("#non-logged-in").isVisible()).toBe(true);
    await page.getByRole("button", { name: "Log out" }).click();
    await logIn(page, true);
    await other.reload();
    await expect.poll(() => other.locator("#username").innerText()).toBe("amir@example.com");
  });

  it("a wrong password is told in the dialog", async () => {
    const page = await (await open()).page(plain);
    await page.getByRole("button", { name: "Log in" }).first().click();
    await page.getByLabel("Name or e-mail").fill("amir");
    await page.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("Unable to log in");
  });

  it("a server that is away is told, too", async () => {
    const page = await (await open()).page(plain);
    await page.route("**/test_auth/", (route) => route.abort());
    await page.getByRole("button", { name: "Test auth", exact: true }).click();
    await expect.poll(() => answer(page)).toContain("could not be reached. (status: none)");
  });
});
