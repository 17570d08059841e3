/** Where tokens are kept. */

import type { Backend } from "../config.js";
import { accountsUrl } from "../http.js";

/** The tokens of a log-in. */
export interface Kept {
  /** An opaque token, or a JWT for access. */
  token: string;
  refresh?: string;
}

const memory = new Map<string, string>();

/** The tokens of a backend. */
export class TokenStorage {
  readonly #backend: Backend;
  readonly #kind: "memory" | "session" | "local";

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#kind = backend.auth?.storage ?? "memory";
  }

  /** Of one server: what another gave, to an earlier configuration or another page, is not shown to it. */
  get key(): string {
    return `portcullis.${this.#backend.name}.login ${new URL(accountsUrl(this.#backend, "/")).origin}`;
  }

  read(): Kept | undefined {
    const text = this.#kind === "memory" ? memory.get(this.key) : this.#web()?.getItem(this.key);
    if (!text) return undefined;
    try {
      const kept = JSON.parse(text) as Kept;
      return typeof kept.token === "string" ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  write(kept: Kept | undefined): void {
    if (this.#kind === "memory") {
      if (kept) memory.set(this.key, JSON.stringify(kept));
      else memory.delete(this.key);
    } else if (kept) this.#web()?.setItem(this.key, JSON.stringify(kept));
    else this.#web()?.removeItem(this.key);
  }

  #web(): Storage | undefined {
    return this.#kind === "local" ? globalThis.localStorage : globalThis.sessionStorage;
  }
}
