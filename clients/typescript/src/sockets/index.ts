/** Sockets: opened as whoever is logged in, opened again when the line breaks, and never as somebody else. */

import { backOff } from "../back_off.js";
import { backend as backendOf, type Backend } from "../config.js";
import { epoch, onReset } from "../epoch.js";
import { isRecord, NetworkError, NotAuthenticated, PortcullisError } from "../errors.js";
import { renewed } from "../http.js";
import { newId } from "../live/write.js";
import { endOf, opening, tokenOf, type SocketAuth } from "./credentials.js";

export type { SocketAuth } from "./credentials.js";

/** What a socket sends and hears, by action; made of AsyncAPI by `sync`. */
export interface SocketMessages {
  send: object;
  receive: object;
}

/** How a socket is. */
export type SocketState = "opening" | "open" | "waiting" | "closed";

/** How a socket is opened. */
export interface SocketOptions {
  backend?: string;
  /** A session's cookie in session mode, a sub-protocol otherwise. */
  auth?: SocketAuth;
  /** How long an answer may take, in milliseconds; 10,000 when it is not said. */
  timeout?: number;
}

type Heard<M extends SocketMessages> = { [A in keyof M["receive"]]: (payload: M["receive"][A]) => void };

const open = new Set<PortcullisSocket>();

/** A connection to a consumer. */
export class PortcullisSocket<M extends SocketMessages = { send: Record<string, unknown>; receive: Record<string, unknown> }> {
  /** Why it is closed; `undefined` while it is not. */
  error: PortcullisError | undefined;
  /** The code that it was closed with last. */
  code: number | undefined;
  #state: SocketState = "opening";
  #socket: WebSocket | undefined;
  #tries = 0;
  #hasRenewed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #isAdmitted = false;
  readonly #backend: Backend;
  readonly #auth: SocketAuth;
  readonly #listeners = new Map<string, Set<(payload: never) => void>>();
  readonly #watchers = new Set<(state: SocketState) => void>();
  readonly #answers = new Map<string, { resolve(payload: unknown): void; reject(error: unknown): void }>();
  readonly #waiting: string[] = [];

  constructor(private readonly path: string, private readonly options: SocketOptions = {}) {
    this.#backend = backendOf(options.backend);
    this.#auth = options.auth ?? (this.#backend.auth?.mode === "session" ? "cookie" : "sub-protocol");
    open.add(this as unknown as PortcullisSocket);
    void this.#open();
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Hears an action, until the returned function is called; `*` hears all. */
  on<A extends keyof M["receive"] & string>(action: A, listener: Heard<M>[A]): () => void {
    const all = this.#listeners.get(action) ?? new Set();
    all.add(listener as (payload: never) => void);
    this.#listeners.set(action, all);
    return () => all.delete(listener as (payload: never) => void);
  }

  /** Is told how the socket is, from now on. */
  onState(listener: (state: SocketState) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Sends a message; while the socket is not open, it waits for that. */
  send<A extends keyof M["send"] & string>(action: A, ...[payload]: undefined extends M["send"][A] ? [M["send"][A]?] : [M["send"][A]]): void {
    this.#write({ action, ...(payload === undefined ? {} : { payload }) });
  }

  /** Sends a message, and gives the first answer to it. */
  ask<A extends keyof M["send"] & string>(action: A, payload?: M["send"][A]): Promise<unknown> {
    const ref = newId();
    return new Promise((resolve, reject) => {
      const over = setTimeout(() => {
        this.#answers.delete(ref);
        reject(new NetworkError(this.path, `no answer to ${action}`));
      }, this.options.timeout ?? 10_000);
      const done = (): void => {
        clearTimeout(over);
        this.#answers.delete(ref);
      };
      this.#answers.set(ref, {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error as Error)),
      });
      this.#write({ action, ref, ...(payload === undefined ? {} : { payload }) });
    });
  }

  /** Shows newer credentials on the open connection. */
  async reauthenticate(): Promise<void> {
    const token = await tokenOf(this.#backend);
    if (token === undefined || !this.#isAdmitted) return;
    this.#socket?.send(JSON.stringify({ action: "authenticate", token }));
    this.#plan(token);
  }

  /** Closes it for good. */
  close(code = 1000): void {
    this.#end(undefined, code);
  }

  #write(message: object): void {
    const text = JSON.stringify(message);
    if (this.#isAdmitted && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    else if (this.#state !== "closed") this.#waiting.push(text);
    else throw new NetworkError(this.path, this.error ?? "the socket is closed");
  }

  async #open(): Promise<void> {
    const begun = epoch().number;
    this.#become("opening");
    try {
      // A new connection has new credentials.
      const { url, protocols, first, token } = await opening(this.#backend, this.path, this.#auth);
      if (this.#state === "closed" || begun !== epoch().number) return;
      const socket = protocols.length > 0 ? new WebSocket(url, protocols) : new WebSocket(url);
      this.#socket = socket;
      socket.onopen = () => {
        if (first) socket.send(JSON.stringify(first));
      };
      socket.onmessage = (message) => {
        if (this.#socket === socket) this.#heard(String(message.data), token);
      };
      socket.onclose = (closed) => {
        if (this.#socket === socket) void this.#closed(closed.code);
      };
      // A close follows.
      socket.onerror = () => undefined;
    } catch (error) {
      if (this.#state === "closed" || begun !== epoch().number) return;
      if (error instanceof NotAuthenticated) this.#end(error, 4401);
      else this.#later();
    }
  }

  #heard(text: string, token: string | undefined): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (!isRecord(frame) || typeof frame["action"] !== "string") return;
    const { action, payload, ref } = frame;
    if (action === "authentication") this.#outcome(payload, token);
    // Servers that do not tell the outcome say something else, when they let somebody in.
    else if (!this.#isAdmitted) this.#admitted(token);
    const answer = typeof ref === "string" ? this.#answers.get(ref) : undefined;
    if (answer && action === "error") answer.reject(new PortcullisError("SocketError", messageIn(payload), undefined, payload));
    else answer?.resolve(payload);
    for (const name of [action as string, "*"]) {
      for (const listener of this.#listeners.get(name) ?? []) listener((name === "*" ? frame : payload) as never);
    }
  }

  #outcome(payload: unknown, token: string | undefined): void {
    const status = isRecord(payload) ? (payload["status_code"] ?? payload["statusCode"]) : undefined;
    if (status === 200) this.#admitted(token);
    else if (isRecord(payload)) this.error = new PortcullisError("SocketRefused", messageIn(payload["data"]), typeof status === "number" ? status : undefined, payload["data"]);
  }

  #admitted(token: string | undefined): void {
    this.#isAdmitted = true;
    this.#tries = 0;
    this.#hasRenewed = false;
    this.error = undefined;
    this.#become("open");
    for (const text of this.#waiting.splice(0)) this.#socket?.send(text);
    this.#plan(token);
  }

  /** A connection ends with the token that it came with, so it is shown the next one before that. */
  #plan(token: string | undefined): void {
    clearTimeout(this.#renewal);
    const end = endOf(token);
    if (end === undefined) return;
    const left = end - Date.now();
    const work = async (): Promise<void> => {
      await renewed(this.#backend, token);
      await this.reauthenticate();
    };
    this.#renewal = setTimeout(() => void work().catch(() => undefined), Math.max(0, left - Math.min(30_000, left / 2)));
    (this.#renewal as unknown as { unref?: () => void }).unref?.();
  }

  async #closed(code: number): Promise<void> {
    this.code = code;
    this.#isAdmitted = false;
    this.#socket = undefined;
    clearTimeout(this.#renewal);
    const begun = epoch().number;
    if (code === 4401 && !this.#hasRenewed) {
      this.#hasRenewed = true;
      const isNewer = await renewed(this.#backend, undefined).catch(() => false);
      if (begun !== epoch().number || this.#state === "closed") return;
      if (isNewer) return void this.#open();
    }
    const isRefused = code >= 4400 && code < 4500;
    if (isRefused || code === 1000 || code === 1008 || code === 1009) this.#end(this.error, code);
    else this.#later();
  }

  #later(): void {
    const wait = backOff(this.#tries);
    this.#tries += 1;
    this.#become("waiting");
    this.#timer = setTimeout(() => void this.#open(), wait);
    (this.#timer as unknown as { unref?: () => void }).unref?.();
  }

  #end(error: PortcullisError | undefined, code: number): void {
    if (this.#state === "closed") return;
    open.delete(this as unknown as PortcullisSocket);
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
    this.error = error;
    this.code ??= code;
    this.#isAdmitted = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close(1000);
    this.#waiting.length = 0;
    for (const answer of [...this.#answers.values()]) answer.reject(new NetworkError(this.path, error ?? "the socket is closed"));
    this.#become("closed");
  }

  #become(state: SocketState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}

/** Opens a socket of the accounts' server, like `openSocket("/ws/")`. */
export function openSocket<M extends SocketMessages = { send: Record<string, unknown>; receive: Record<string, unknown> }>(path: string, options: SocketOptions = {}): PortcullisSocket<M> {
  return new PortcullisSocket<M>(path, options);
}

function messageIn(payload: unknown): string {
  const one: unknown = Array.isArray(payload) ? payload[0] : payload;
  if (typeof one === "string") return one;
  const text = isRecord(one) ? (one["detail"] ?? one["msg"]) : undefined;
  return typeof text === "string" ? text : "The server refused it.";
}

// What one user opened is not there for the next.
onReset(() => {
  for (const socket of [...open]) socket.close();
});
