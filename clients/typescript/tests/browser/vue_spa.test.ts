import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleVue, enter, hasBrowser, launch, PASSWORD, picture, Portcullis, serveSite, showsTeams, teams, Window } from "./site.js";

const server = new Portcullis();
const sites: Server[] = [];
let browser: Browser;
let home: string;
let folder: string;
const windows: Window[] = [];
let staff: { Authorization: string };

beforeAll(async () => {
  if (!hasBrowser) return;
  folder = await bundleVue();
  await server.start();
  server.superuser("amir");
  server.superuser("cleo");
  await server.post("/api/signup/", { email: "bela@example.com", password: PASSWORD }, {});
  staff = { Authorization: `Token ${await server.token("cleo")}` };
  const { url, site } = await serveSite(folder, server.url, false);
  home = url;
  sites.push(site);
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  for (const site of sites) site.close();
  await server.end();
});
beforeEach(async () => {
  await other({ type: "delete", filter: { type: "filter", conditions: { id__gt: 0 } } });
  await other({ type: "bulk_create", data: [{ name: "editors" }, { name: "secret" }] });
});
afterEach(async () => {
  for (const window of windows.splice(0)) await window.end();
});

/** What somebody else with all rights does. */
async function other(query: unknown): Promise<void> {
  await server.post("/statezero/auth.group/", { ast: { query } }, staff);
}

async function open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Window> {
  const window = new Window(await browser.newContext(options));
  windows.push(window);
  return window;
}

async function asStaff(window?: Window): Promise<Page> {
  const page = await (window ?? (await open())).page(`${home}/teams`);
  await enter(page, "amir@example.com");
  await showsTeams(page, ["editors", "secret"]);
  return page;
}

const add = async (page: Page, name: string): Promise<void> => {
  await page.getByLabel("New team").fill(name);
  await page.getByRole("button", { name: "Add" }).click();
};

describe.skipIf(!hasBrowser)("the Vue application", () => {
  it("guards its pages, says what is wrong, and goes on where somebody wanted to go", async () => {
    const page = await (await open()).page(`${home}/account`);
    await page.waitForURL("**/login?next=/account");
    await picture(page, "vue-login");
    await enter(page, "amir@example.com", "wrong");
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("Unable to log in");
    await enter(page, "amir@example.com");
    await page.waitForURL("**/account");
    await expect.poll(() => page.locator("#socket").innerText()).toBe("open");
    await picture(page, "vue-account");
    await page.reload();
    await expect.poll(() => page.locator("#who").innerText()).toBe("amir@example.com");
  });

  it("can be used by keyboard alone", async () => {
    const page = await (await open()).page(`${home}/login`);
    await page.getByLabel("E-mail").focus();
    await page.keyboard.type("amir@example.com");
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await showsTeams(page, ["editors", "secret"]);
  });

  it("shows at once what one does, and to others soon", async () => {
    const [mine, theirs] = [await asStaff(), await asStaff()];
    await add(mine, "painters");
    await showsTeams(theirs, ["editors", "secret", "painters"]);
    await expect.poll(() => theirs.locator("#count").innerText()).toBe("3");
    await theirs.getByRole("button", { name: "Delete painters" }).click();
    await showsTeams(mine, ["editors", "secret"]);
    mine.once("dialog", (dialog) => void dialog.accept("writers"));
    await mine.getByRole("button", { name: "Rename editors" }).click();
    await showsTeams(theirs, ["writers", "secret"]);
    await picture(mine, "vue-teams");
  });

  it("takes back what is refused, and says why", async () => {
    const page = await asStaff();
    await add(page, "editors");
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("already exists");
    await showsTeams(page, ["editors", "secret"]);
  });

  it("keeps two tabs in step", async () => {
    const window = await open();
    const [one, two] = [await window.page(`${home}/login`), await window.page(`${home}/account`)];
    await two.waitForURL("**/login**");
    await enter(one, "amir@example.com");
    await two.waitForURL("**/account");
    await expect.poll(() => two.locator("#socket").innerText()).toBe("open");
    await one.bringToFront();
    const told = one.waitForRequest("**/api/logout/");
    await one.getByRole("button", { name: "Log out" }).click();
    await told;
    const begun = Date.now();
    // Pages of tabs behind others have slow clocks, so it is not asked there.
    while (!two.url().includes("/login") && Date.now() - begun < 3000) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(Date.now() - begun).toBeLessThan(1000);
  });

  it("closes the socket of another browser within a second, when one logs out everywhere", async () => {
    const [one, two] = [await asStaff(), await asStaff()];
    await two.goto(`${home}/account`);
    await expect.poll(() => two.locator("#socket").innerText()).toBe("open");
    await one.goto(`${home}/account`);
    await one.getByRole("button", { name: "Log out everywhere" }).click();
    const begun = Date.now();
    await expect.poll(() => two.locator("#socket").innerText(), { interval: 20 }).toBe("closed");
    expect(Date.now() - begun).toBeLessThan(1000);
    await one.waitForURL("**/login**");
  });

  it("shows a second user nothing of the first", async () => {
    const window = await open();
    const page = await asStaff(window);
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => seen.push(document.body.innerText)).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login**");
    await page.evaluate(() => ((window as unknown as { seen: string[] }).seen.length = 0));
    await enter(page, "bela@example.com");
    await showsTeams(page, ["editors"]);
    await other({ type: "create", data: { name: "secret too" } });
    await page.waitForTimeout(500);
    expect(await teams(page)).toEqual(["editors"]);
    expect(await page.locator("#count").innerText()).toBe("1");
    const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen.join("\n"));
    expect(seen).not.toContain("secret");
    const kept = await page.evaluate(async () => {
      const opening = indexedDB.open("portcullis");
      const database = await new Promise<IDBDatabase>((resolve) => (opening.onsuccess = () => resolve(opening.result)));
      const all = database.transaction("lists").objectStore("lists").getAll();
      return new Promise<string>((resolve) => (all.onsuccess = () => resolve(JSON.stringify(all.result))));
    });
    expect(kept).not.toContain("secret");
  });

  it("never lets a write of one user land as the next", async () => {
    const window = await open();
    const page = await asStaff(window);
    // The write is held on its way until somebody else is logged in.
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    await page.route("**/statezero/auth.group/", async (route) => {
      if (route.request().postData()?.includes('"create"')) await gate;
      await route.continue().catch(() => undefined);
    });
    await add(page, "of amir");
    await showsTeams(page, ["editors", "secret", "of amir"]);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login**");
    await enter(page, "cleo@example.com");
    go();
    await page.waitForTimeout(500);
    await showsTeams(page, ["editors", "secret"]);
    await page.unroute("**/statezero/auth.group/");
    await page.reload();
    await showsTeams(page, ["editors", "secret"]);
  });

  it("keeps what it knows while offline, and catches up", async () => {
    const window = await open();
    const page = await asStaff(window);
    await window.context.setOffline(true);
    await add(page, "offline");
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("could not be reached");
    expect(await teams(page)).toEqual(["editors", "secret"]);
    await other({ type: "create", data: { name: "meanwhile" } });
    await window.context.setOffline(false);
    await showsTeams(page, ["editors", "secret", "meanwhile"]);
  });

  it("leaves nothing usable behind when somebody logs out offline", async () => {
    const window = await open();
    const page = await asStaff(window);
    await window.context.setOffline(true);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login**");
    await window.context.setOffline(false);
    await page.goto(`${home}/teams`);
    await page.waitForURL("**/login**");
    await expect.poll(async () => (await window.context.cookies()).some(({ name }) => name.endsWith("sessionid"))).toBe(false);
  });

  it("comes back after the server was restarted", async () => {
    const page = await asStaff();
    await server.stop();
    await add(page, "while away");
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    await server.start();
    await other({ type: "create", data: { name: "after" } });
    await showsTeams(page, ["editors", "secret", "after"]);
  }, 40_000);

  it("works in the dark, on a small screen, with a clock elsewhere", async () => {
    const window = await open({ colorScheme: "dark", viewport: { width: 360, height: 640 }, timezoneId: "Pacific/Kiritimati" });
    const page = await asStaff(window);
    await picture(page, "vue-teams-dark");
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWide).toBe(false);
  });
});
