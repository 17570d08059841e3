/** Servers, pages and browsers for scenarios. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build } from "esbuild";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { expect } from "vitest";
import { programs, start } from "../server/start.js";

const here = join(import.meta.dirname, "../..");
export const examples = join(here, "../../examples");
export const PASSWORD = "correct horse 9";
const SETTINGS = {
  PORTCULLIS_SIGNUP_LIMIT_TRIES: "1000",
  PORTCULLIS_LOGIN_LIMIT_TRIES_PER_ADDRESS: "1000",
};

/** Whether the person who runs the tests wants a browser used. */
export const hasBrowser = process.env["PORTCULLIS_WITHOUT_BROWSER"] !== "1";

/** Portcullis with the example's live model, that can be stopped and started again at its port. */
export class Portcullis {
  url = "";
  #child: ChildProcess | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), "portcullis-browser-"));

  constructor(private readonly more: Record<string, string> = {}) {}

  async start(): Promise<void> {
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const words = ["--config", join(examples, "vue-spa/portcullis.toml")];
    const { url, child } = await start("portcullis", words, this.#folder, { ...SETTINGS, ...this.more, PORTCULLIS_LISTEN: listen });
    this.url = url;
    this.#child = child;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.removeAllListeners("exit");
    const over = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await over;
  }

  superuser(name: string): void {
    const words = ["createsuperuser", "--email", `${name}@example.com`, "--username", name, "--password-stdin"];
    const made = spawnSync(join(programs, "portcullis"), words, { cwd: this.#folder, input: PASSWORD, env: { ...process.env, ...SETTINGS } });
    if (made.status !== 0) throw new Error(String(made.stderr));
  }

  async token(name: string): Promise<string> {
    return (await this.post("/api/token/", { username: name, password: PASSWORD }, {}))["token"] as string;
  }

  /** What somebody without a browser does. */
  async post(path: string, body: unknown, headers: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = await fetch(this.url + path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text ? (JSON.parse(text) as Record<string, unknown>) : {};
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The Vue application, bundled as its `build.mjs` does, with the client of this folder. */
export async function bundleVue(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-vue-"));
  await build({
    entryPoints: [join(examples, "vue-spa/src/main.ts")], outfile: join(folder, "main.js"), bundle: true, format: "esm", target: "es2022",
    nodePaths: [join(here, "node_modules")],
    alias: { vue: "vue/dist/vue.esm-bundler.js", "@portcullis/client": join(here, "src/index.ts"), "@portcullis/client/vue": join(here, "src/vue.ts") },
    define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  });
  for (const name of ["index.html", "style.css"]) copyFileSync(join(examples, "vue-spa", name), join(folder, name));
  return folder;
}

/** The page without a build, with the client beside it. */
export async function bundlePlain(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-plain-"));
  await build({ entryPoints: [join(here, "src/index.ts")], outfile: join(folder, "portcullis.js"), bundle: true, format: "esm", target: "es2022" });
  copyFileSync(join(examples, "plain-js/index.html"), join(folder, "index.html"));
  return folder;
}

/** Serves a folder; gives the address. */
export async function serveSite(folder: string, server: string, isCross: boolean, port = 0): Promise<{ url: string; site: Server }> {
  const { serve } = (await import(join(examples, "vue-spa/serve.mjs"))) as { serve(folder: string, server: string, isCross: boolean): Server };
  const site = serve(folder, server, isCross);
  await new Promise<void>((resolve) => site.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(site.address() as { port: number }).port}`, site };
}

export async function launch(): Promise<Browser> {
  const executablePath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
  if (!executablePath) throw new Error("chromium is missing; PORTCULLIS_WITHOUT_BROWSER=1 leaves the tests in it out");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"] });
}

/** Pages of one browser, and what their consoles complained about. */
export class Window {
  readonly complaints: string[] = [];

  constructor(readonly context: BrowserContext) {
    context.setDefaultTimeout(10_000);
  }

  async page(url: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("console", (message) => {
      // Chromium writes a line for each answer of 400 and above, and for each line that cannot be opened.
      if (message.type() === "error" && !/Failed to load resource|WebSocket connection to/.test(message.text())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    await page.goto(url);
    return page;
  }

  async end(): Promise<void> {
    expect(this.complaints).toEqual([]);
    await this.context.close();
  }
}

/** Logs in at the Vue application's page. */
export async function enter(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** The names of the teams that the page shows. */
export async function teams(page: Page): Promise<string[]> {
  return page.locator("#teams li > span:first-child").allInnerTexts();
}

/** Waits until the page shows these; where there are none, it says so. */
export async function showsTeams(page: Page, wanted: string[]): Promise<void> {
  const shown = wanted.length === 0 ? ["None."] : wanted;
  await expect.poll(() => teams(page), { timeout: 10_000 }).toEqual(shown);
}

/** Keeps a picture, where somebody wants to look. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["PORTCULLIS_PICTURES"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
