import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { login, logout, logoutEverywhere, openSocket, setConfig, signup, type PortcullisSocket, type SocketAuth } from "../src/index.js";
import { sync } from "../src/cli/sync.js";
import { until } from "./server/generated.js";

const server = inject("server");
const password = "correct horse 9";
let number = 0;
const email = (): string => `sock${number}@example.com`;
const opened: Array<{ url: string; protocols: string[] }> = [];

class Socket extends WebSocket {
  constructor(url: string, protocols: string[] = []) {
    super(url, protocols);
    opened.push({ url, protocols });
  }
}

beforeAll(() => Object.defineProperty(globalThis, "WebSocket", { configurable: true, value: Socket }));
beforeEach(async () => {
  number += 1;
  opened.length = 0;
  setConfig({ backendConfigs: { default: { API_URL: `${server}/statezero`, auth: { mode: "token" } } } });
  await signup({ email: email(), password });
});
afterEach(() => logout());

const isOpen = (socket: PortcullisSocket): Promise<void> => until(() => socket.state === "open", "an open socket");

describe("a socket", () => {
  it.each<SocketAuth>(["sub-protocol", "first-message", "ticket"])("is opened by %s", async (auth) => {
    const socket = openSocket("/ws/", { auth });
    await isOpen(socket);
    expect(await socket.ask("echo", { text: "hello" })).toMatchObject({ text: "hello" });
    if (auth !== "ticket") expect(opened[0]!.url).not.toContain("?");
    expect(opened[0]!.protocols.length > 0).toBe(auth === "sub-protocol");
  });

  it("keeps what is sent before it is open, and gives answers to whom they belong", async () => {
    const socket = openSocket("/ws/");
    const answers = await Promise.all(["a", "b", "c"].map((text) => socket.ask("echo", { text })));
    expect(answers).toMatchObject([{ text: "a" }, { text: "b" }, { text: "c" }]);
    await expect(socket.ask("nonsense")).rejects.toMatchObject({ type: "SocketError" });
  });

  it("is told why it is refused, and does not try again", async () => {
    await logout();
    const socket = openSocket("/ws/", { auth: "cookie" });
    await until(() => socket.state === "closed", "a closed socket", 15_000);
    expect(socket.code).toBe(4401);
    expect(socket.error?.message).toBe("Authentication credentials were not provided.");
    expect(() => socket.send("ping")).toThrow();
  }, 20_000);

  it("is closed within a second when its login ends elsewhere", async () => {
    const socket = openSocket("/ws/");
    await isOpen(socket);
    const answer = await fetch(`${server}/api/token/`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: email(), password }) });
    const { token } = (await answer.json()) as { token: string };
    const begun = Date.now();
    await fetch(`${server}/api/devices/logout-others/`, { method: "POST", headers: { Authorization: `Token ${token}` } });
    await until(() => socket.state === "closed", "a closed socket");
    expect(Date.now() - begun).toBeLessThan(1000);
    expect(socket.code).toBe(4401);
  });

  it("of one user is not there for the next", async () => {
    const socket = openSocket("/ws/");
    await isOpen(socket);
    await login({ email: email(), password });
    expect(socket.state).toBe("closed");
    await logoutEverywhere();
  });

  it("comes with a fresh JWT when the old one ends, and stays open", async () => {
    setConfig({ backendConfigs: { default: { API_URL: `${server}/statezero`, auth: { mode: "jwt" } } } });
    await login({ email: email(), password });
    const socket = openSocket("/ws/");
    await isOpen(socket);
    const states: string[] = [];
    socket.onState((state) => states.push(state));
    // Access tokens of this server are good for three seconds.
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(await socket.ask("echo", { text: "still" })).toMatchObject({ text: "still" });
    expect(states).toEqual([]);
    expect(opened).toHaveLength(1);
  });
});

describe("types of sockets", () => {
  it("are made of what the server says about its messages", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-sockets-"));
    writeFileSync(join(folder, "portcullis.config.mjs"), `export default { backendConfigs: { default: { API_URL: "${server}/statezero", GENERATED_SOCKETS_DIR: "./sockets" } } };`);
    await sync({ folder, headers: {}, say: () => undefined, progress: () => undefined });
    const text = readFileSync(join(folder, "sockets/index.d.ts"), "utf8");
    expect(text).toContain("export declare function openWs(options?: SocketOptions): PortcullisSocket<WsMessages>;");
    expect(text).toMatch(/send: \{[^}]*"echo": \{ text: string/);
    expect(text).toMatch(/"ping": undefined;/);
    rmSync(folder, { recursive: true });
  });
});

describe("a line that breaks", () => {
  let http: Server;
  let hub: WebSocketServer;
  let connections: WebSocket[];

  beforeEach(async () => {
    connections = [];
    http = createServer();
    hub = new WebSocketServer({ server: http });
    hub.on("connection", (socket) => {
      connections.push(socket);
      socket.send('{"action":"authentication","payload":{"status_code":200,"status_text":"OK","data":null}}');
      socket.on("message", (text) => socket.send(String(text)));
      socket.send("no JSON");
      socket.send("[]");
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as { port: number };
    setConfig({ backendConfigs: { default: { API_URL: `http://127.0.0.1:${port}/statezero`, getAuthHeaders: () => ({ Authorization: `Token key${connections.length}` }) } } });
  });
  afterEach(() => {
    hub.close();
    http.close();
  });

  it.each([1006, 1001, 1011, 1013])("with %i is opened again, with the credentials of then", async (code) => {
    const socket = openSocket("/ws/");
    await isOpen(socket);
    if (code === 1006) connections[0]!.terminate();
    else connections[0]!.close(code);
    await until(() => connections.length === 2 && socket.state === "open", "another connection");
    expect(opened.slice(-2).map(({ protocols }) => protocols[1])).toEqual(["bearer.key0", "bearer.key1"]);
    expect(await socket.ask("echo", { text: "again" })).toEqual({ text: "again" });
    socket.close();
  });

  it.each([4403, 4404, 4429, 1000])("with %i stays closed", async (code) => {
    const socket = openSocket("/ws/");
    await isOpen(socket);
    connections[0]!.close(code);
    await until(() => socket.state === "closed", "a closed socket");
    // It would have been opened again by now.
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(connections).toHaveLength(1);
  });
});
