/** A browser's cookies, for Node: `fetch` and `document.cookie` as pages have them. */

export class CookieJar {
  readonly real = globalThis.fetch;
  isOffline = false;
  #cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  install(): void {
    this.#cookies.clear();
    const jar = this;
    globalThis.fetch = async (input, init) => {
      if (this.isOffline) throw new TypeError("fetch failed");
      const headers = { ...(init?.headers as Record<string, string>), Cookie: this.#text(), Origin: this.origin };
      const answer = await this.real(input, { ...init, headers });
      for (const line of answer.headers.getSetCookie()) this.#take(line);
      return answer;
    };
    Object.defineProperty(globalThis, "document", { configurable: true, value: { get cookie() { return jar.#text("sessionid"); } } });
  }

  uninstall(): void {
    globalThis.fetch = this.real;
    Reflect.deleteProperty(globalThis, "document");
  }

  names(): string[] {
    return [...this.#cookies.keys()];
  }

  value(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  #take(line: string): void {
    const [pair = "", ...attributes] = line.split("; ");
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (attributes.some((attribute) => attribute === "Max-Age=0")) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }

  #text(hidden?: string): string {
    return [...this.#cookies].filter(([name]) => name !== hidden).map(([name, value]) => `${name}=${value}`).join("; ");
  }
}
