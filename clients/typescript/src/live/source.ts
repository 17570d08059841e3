/** Keeping something up to date: one request at a time, again when it failed, told to whoever watches. */

import { backOff } from "../back_off.js";
import { mayPass, ResetError, Throttled } from "../errors.js";
import { epoch, mustBe, onceClean } from "../epoch.js";

/** How far it is. */
export type Status = "idle" | "cached" | "loading" | "ready" | "error";

/** What lists and numbers share. */
export abstract class Source {
  status: Status = "idle";
  error: Error | undefined;
  #watchers = new Set<() => void>();
  #running: Promise<void> | undefined;
  #wanted = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  /** Nothing has been heard since it was last asked for that makes it old. */
  isFresh = false;

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Calls `watcher` after each change, until the returned function is called. */
  watch(watcher: () => void): () => void {
    const own = (): void => watcher();
    this.#watchers.add(own);
    this.opened();
    if (!this.isFresh) void this.refresh().catch(() => undefined);
    return () => {
      this.#watchers.delete(own);
      if (!this.isWatched) clearTimeout(this.#retry);
    };
  }

  /** Tells whoever watches. */
  changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Asks the server for what is wanted; those who ask meanwhile share it. */
  refresh(): Promise<void> {
    this.#wanted = true;
    if (this.#running) return this.#running;
    const running: Promise<void> = this.#run().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  /** Resolves when what is under way is done. */
  settled(): Promise<void> {
    return this.#running ?? (this.isFresh ? Promise.resolve() : this.refresh());
  }

  /** Whether the server is being asked. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Whether there is nothing of the server to show yet. */
  get isLoading(): boolean {
    return this.status === "loading" || this.status === "cached";
  }

  async #run(): Promise<void> {
    const begun = epoch();
    clearTimeout(this.#retry);
    // What comes in one moment is asked for at once.
    await Promise.resolve();
    while (this.#wanted) {
      mustBe(begun);
      this.#wanted = false;
      if (this.status !== "ready" && this.status !== "loading") {
        this.status = "loading";
        this.changed();
      }
      // What is heard meanwhile makes it old.
      this.isFresh = true;
      try {
        await this.load();
        mustBe(begun);
      } catch (error) {
        if (begun.number !== epoch().number) throw new ResetError();
        this.#failed(error as Error);
        throw error;
      }
      this.#failures = 0;
      this.error = undefined;
      this.status = "ready";
    }
    // Whoever asks when told of it is not part of this.
    this.#running = undefined;
    this.changed();
  }

  #failed(error: Error): void {
    this.error = error;
    this.status = "error";
    this.isFresh = false;
    if (this.isWatched && mayPass(error)) {
      const wait = error instanceof Throttled && error.wait ? error.wait * (1000 + 500 * Math.random()) : backOff(this.#failures);
      this.#failures += 1;
      this.#retry = setTimeout(() => void this.refresh().catch(() => undefined), wait);
      (this.#retry as unknown as { unref?: () => void }).unref?.();
    }
    this.changed();
  }

  /** Forgets; whoever watches gets it anew. */
  reset(): void {
    clearTimeout(this.#retry);
    this.status = "idle";
    this.error = undefined;
    this.isFresh = false;
    this.#wanted = false;
    this.#failures = 0;
    // What was under way ends by itself, and is not waited for.
    this.#running = undefined;
    this.changed();
    if (this.isWatched) {
      onceClean(() => {
        if (this.isWatched && !this.isFresh) void this.refresh().catch(() => undefined);
      });
    }
  }

  /** Somebody wants to hear of changes. */
  protected abstract opened(): void;
  protected abstract load(): Promise<void>;
}
