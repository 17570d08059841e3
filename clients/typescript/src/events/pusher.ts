/** A connection that speaks Pusher's protocol, version 7. */

import { backOff } from "../back_off.js";
import type { EventsConfig, Backend } from "../config.js";
import { epoch } from "../epoch.js";
import { isRecord, mayPass } from "../errors.js";
import { request } from "../http.js";

/** What a channel hears. */
export interface Hearer {
  /** An event of the channel. */
  event(name: string, data: unknown): void;
  /** The channel is heard from now on; what happened before was not told. */
  heard(): void;
  /** The channel may not be heard. */
  refused(error: unknown): void;
}


/** One connection for all channels of a backend. */
export class PusherConnection {
  readonly #channels = new Map<string, Hearer>();
  #socket: WebSocket | undefined;
  #socketId: string | undefined;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(private readonly backend: Backend, private readonly events: EventsConfig) {}

  /** Hears a channel from now on. */
  subscribe(name: string, hearer: Hearer): void {
    if (this.#channels.has(name)) return;
    this.#channels.set(name, hearer);
    if (!this.#socket) this.#open();
    else if (this.#socketId) void this.#ask(name, this.#socketId);
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isOver = true;
    this.#channels.clear();
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#socket = undefined;
  }

  get isOpen(): boolean {
    return this.#socketId !== undefined;
  }

  #open(): void {
    if (this.#isOver) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(addressOf(this.backend, this.events));
    } catch {
      return this.#later();
    }
    this.#socket = socket;
    socket.onmessage = (message) => {
      if (this.#socket === socket) this.#heard(String(message.data), socket);
    };
    socket.onclose = (closed) => {
      if (this.#socket === socket) this.#closed(closed.code);
    };
    // A close follows.
    socket.onerror = () => undefined;
    this.#alive(30);
  }

  /** Without a word for so long, in seconds, the line is taken for dead. */
  #alive(seconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#socketId) return this.#socket?.close();
      this.#send("pusher:ping", {});
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#drop(), 30_000);
    }, seconds * 1000);
    (this.#timer as unknown as { unref?: () => void }).unref?.();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#closed(1006);
    socket?.close();
  }

  #activity = 120;

  #heard(text: string, socket: WebSocket): void {
    this.#alive(this.#activity);
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (!isRecord(frame)) return;
    const data = decoded(frame["data"]);
    const channel = typeof frame["channel"] === "string" ? this.#channels.get(frame["channel"]) : undefined;
    switch (frame["event"]) {
      case "pusher:connection_established":
        if (!isRecord(data) || typeof data["socket_id"] !== "string") return socket.close();
        this.#socketId = data["socket_id"];
        this.#tries = 0;
        if (typeof data["activity_timeout"] === "number") this.#activity = data["activity_timeout"];
        for (const name of this.#channels.keys()) void this.#ask(name, this.#socketId);
        return;
      case "pusher:ping":
        return this.#send("pusher:pong", {});
      case "pusher_internal:subscription_succeeded":
        return channel?.heard();
      case "pusher:subscription_error":
        return channel?.refused(data);
      default:
        if (typeof frame["event"] === "string" && !frame["event"].startsWith("pusher")) channel?.event(frame["event"], data);
    }
  }

  /** Has the channel signed, with the headers of now, and asks for it. */
  async #ask(name: string, socketId: string, tries = 0): Promise<void> {
    const begun = epoch().number;
    try {
      const isOpen = !name.startsWith("private-") && !name.startsWith("presence-");
      const signed = isOpen ? {} : (await request(authEndpoint(this.backend, this.events), {
        backend: this.backend, method: "POST", body: { socket_id: socketId, channel_name: name },
      })).body;
      // Signatures are of one socket, and of one user.
      if (this.#socketId !== socketId || begun !== epoch().number) return;
      this.#send("pusher:subscribe", { channel: name, ...(isRecord(signed) ? signed : {}) });
    } catch (error) {
      if (this.#socketId !== socketId || begun !== epoch().number) return;
      if (!mayPass(error)) return this.#channels.get(name)?.refused(error);
      const again = setTimeout(() => {
        if (this.#socketId === socketId) void this.#ask(name, socketId, tries + 1);
      }, backOff(tries));
      (again as unknown as { unref?: () => void }).unref?.();
    }
  }

  #send(event: string, data: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ event, data }));
  }

  #closed(code: number): void {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    this.#socketId = undefined;
    // 4000 to 4099 and above 4300: there is no use in trying again.
    const isFinal = (code >= 4001 && code < 4100 && code !== 4009) || code >= 4300;
    if (!isFinal && !this.#isOver) this.#later(code >= 4200 && code < 4300);
  }

  #later(isSoon = false): void {
    const wait = isSoon ? 50 + 100 * Math.random() : backOff(this.#tries);
    this.#tries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wait);
    (this.#timer as unknown as { unref?: () => void }).unref?.();
  }
}

function decoded(data: unknown): unknown {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

function authEndpoint(backend: Backend, events: EventsConfig): string {
  const named = events.type === "pusher" ? events.pusher.clientOptions.authEndpoint : undefined;
  return named ?? `${backend.API_URL}/events/auth/`;
}

/** Where the hub is. */
export function addressOf(backend: Backend, events: EventsConfig): string {
  const query = "protocol=7&client=portcullis&version=0.1.0&flash=false";
  if (events.type === "pusher") {
    const { appKey, cluster, wsHost, wsPort, forceTLS } = events.pusher.clientOptions;
    const isSecure = forceTLS ?? !wsHost;
    const host = wsHost ?? `ws-${cluster}.pusher.com`;
    const port = wsPort ?? (isSecure ? 443 : 80);
    return `${isSecure ? "wss" : "ws"}://${host}:${port}/app/${encodeURIComponent(appKey)}?${query}`;
  }
  const here = typeof location === "undefined" ? undefined : location.href;
  const base = new URL(events.type === "portcullis" ? (events.url ?? backend.API_URL) : backend.API_URL, here);
  const key = events.type === "portcullis" ? (events.appKey ?? "portcullis") : "portcullis";
  return `${base.protocol === "https:" ? "wss:" : "ws:"}//${base.host}/app/${encodeURIComponent(key)}?${query}`;
}
