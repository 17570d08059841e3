import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { hasBrowser, launch, Window } from "./site.js";

const ROWS = 10_000;
const EVENTS_PER_SECOND = 100;
const SECONDS = 8;
const isLong = process.env["PORTCULLIS_LONG"] === "1";
const rows = Array.from({ length: ROWS }, (_, index) => ({ id: index + 1, name: `row ${index + 1}`, quantity: 0 }));
const listeners = new Set<WebSocket>();
let server: Server;
let browser: Browser;
let home: string;
let asked = 0;

/** The page: a list in Vue, of all rows. */
const PAGE = `
  import { Model, registerModel, setConfig } from "@portcullis/client";
  import { useQueryset } from "@portcullis/client/vue";
  import { createApp, h } from "vue";
  const property = (type) => ({ type, format: null, nullable: false });
  class Item extends Model {
    static schema = { model_name: "load.item", class_name: "Item", primary_key_field: "id", relationships: {},
      properties: { id: property("integer"), name: property("string"), quantity: property("integer") } };
    static backend = "default";
    static objects = Model.managerOf(this);
  }
  registerModel("default", Item);
  setConfig({ backendConfigs: { default: { API_URL: location.origin + "/statezero", events: { type: "portcullis" } } } });
  const Row = { props: ["row"], setup: (props) => () => h("li", { "data-quantity": props.row.quantity }, props.row.name + " × " + props.row.quantity) };
  createApp({
    setup() {
      const items = useQueryset(() => Item.objects.orderBy("id"));
      return () => h("ul", items.value.map((row) => h(Row, { key: row.pk, row })));
    },
  }).mount("#app");
`;

beforeAll(async () => {
  if (!hasBrowser || !isLong) return;
  const here = join(import.meta.dirname, "../..");
  const bundle = await build({
    stdin: { contents: PAGE, resolveDir: here }, bundle: true, format: "esm", write: false, target: "es2022",
    alias: { "@portcullis/client": join(here, "src/index.ts"), "@portcullis/client/vue": join(here, "src/vue.ts") },
    define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  });
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const say = (type: string, text: string): void => void response.writeHead(200, { "Content-Type": type }).end(text);
    if (request.url === "/") return say("text/html", '<!doctype html><div id="app"></div><script type="module" src="/page.js"></script><link rel="icon" href="data:,">');
    if (request.url === "/page.js") return say("text/javascript", bundle.outputFiles[0]!.text);
    if (request.url?.endsWith("/events/auth/")) return say("application/json", '{"auth":"k:1"}');
    // Nothing else is asked for by GET.
    if (chunks.length === 0) return void response.writeHead(404).end();
    asked += 1;
    const { ast } = JSON.parse(Buffer.concat(chunks).toString()) as { ast: { query: { filter?: { conditions: { pk__in: number[] } } } } };
    const wanted = ast.query.filter?.conditions.pk__in.map((key) => rows[key - 1]!) ?? rows;
    const included = Object.fromEntries(wanted.map((row) => [row.id, row]));
    say("application/json", JSON.stringify({ data: { data: wanted.map((row) => row.id), included: { "load.item": included }, model_name: "load.item" }, metadata: {} }));
  });
  new WebSocketServer({ server }).on("connection", (socket) => {
    socket.send(JSON.stringify({ event: "pusher:connection_established", data: JSON.stringify({ socket_id: "1.1", activity_timeout: 120 }) }));
    socket.on("message", (text) => {
      const { event, data } = JSON.parse(String(text)) as { event: string; data: { channel: string } };
      if (event !== "pusher:subscribe") return;
      socket.send(JSON.stringify({ event: "pusher_internal:subscription_succeeded", channel: data.channel, data: "{}" }));
      listeners.add(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  home = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
});

function change(): void {
  const row = rows[Math.floor(Math.random() * ROWS)]!;
  row.quantity += 1;
  const data = JSON.stringify({ event: "update", model: "load.item", instances: [row.id], pk_field_name: "id" });
  for (const socket of listeners) socket.send(JSON.stringify({ event: "update", channel: "private-load.item", data }));
}

describe.skipIf(!hasBrowser || !isLong)("a list of 10,000 rows", () => {
  it("stays responsive under 100 events in a second", async () => {
    const window = new Window(await browser.newContext());
    const page = await window.page(home);
    await expect.poll(() => page.locator("li").count(), { timeout: 20_000 }).toBe(ROWS);
    await expect.poll(() => listeners.size).toBe(1);
    const measuring = page.evaluate(
      (milliseconds) =>
        new Promise<number[]>((resolve) => {
          const waits: number[] = [];
          const end = performance.now() + milliseconds;
          // How long somebody who clicks would wait.
          const ask = (): void => {
            const begun = performance.now();
            setTimeout(() => {
              waits.push(performance.now() - begun - 5);
              if (performance.now() < end) ask();
              else resolve(waits.sort((a, b) => a - b));
            }, 5);
          };
          ask();
        }),
      SECONDS * 1000,
    );
    const before = asked;
    const timer = setInterval(() => {
      for (let count = 0; count < EVENTS_PER_SECOND / 20; count += 1) change();
    }, 50);
    const waits = await measuring;
    clearInterval(timer);
    const at = (part: number): number => waits[Math.floor((waits.length - 1) * part)]!;
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    console.log(`waits: mean ${mean.toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, longest ${at(1).toFixed(1)} ms; ${((asked - before) / SECONDS).toFixed(1)} requests a second`);
    expect(at(0.95)).toBeLessThan(100);
    expect(at(1)).toBeLessThan(500);
    const total = rows.reduce((sum, row) => sum + row.quantity, 0);
    expect(total).toBeGreaterThan(EVENTS_PER_SECOND * SECONDS * 0.5);
    const shown = (): Promise<number> => page.evaluate(() => [...document.querySelectorAll("li")].reduce((sum, row) => sum + Number(row.dataset["quantity"]), 0));
    await expect.poll(shown, { timeout: 10_000 }).toBe(total);
    await window.end();
  }, 60_000);
});
