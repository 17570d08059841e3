/** A live list as pages use it: at once what is known, and awaitable for what the server says. */

import type { ModelClass } from "../models/model.js";
import { instancesOf, type Instances } from "../models/instances.js";
import type { ListStore } from "./list_store.js";

/**
 * Looks like an array of what is known now, and follows the rows while somebody has subscribed.
 *
 * `await` gives a plain array of what the server says.
 */
export interface LiveQueryset<M> extends ReadonlyArray<M>, PromiseLike<M[]> {
  /** Whether nothing of the server is there yet. */
  readonly loading: boolean;
  /** Whether what is shown is from the server, or of this browser's memory. */
  readonly status: "idle" | "cached" | "loading" | "ready" | "error";
  readonly error: Error | undefined;
  /** Calls the listener after each change, until the returned function is called. */
  subscribe(listener: (rows: M[]) => void): () => void;
  /** The rows as a plain array; the same array while nothing changed. */
  snapshot(): M[];
  /** Asks the server again. */
  refetch(): Promise<M[]>;
}

/** The list of a store. */
export function liveQueryset<M>(store: ListStore, model: ModelClass): LiveQueryset<M> {
  const instances: Instances<M> = instancesOf<M>(store, model);
  const settled = async (refresh: boolean): Promise<M[]> => {
    await (refresh ? store.refresh() : store.settled());
    return instances.snapshot();
  };
  const own = {
    get loading(): boolean {
      return store.isLoading;
    },
    get status() {
      return store.status;
    },
    get error(): Error | undefined {
      return store.error;
    },
    subscribe: (listener: (rows: M[]) => void): (() => void) => store.watch(() => listener(instances.snapshot())),
    snapshot: (): M[] => instances.snapshot(),
    refetch: (): Promise<M[]> => settled(true),
    then: (resolve?: (rows: M[]) => unknown, reject?: (error: unknown) => unknown): Promise<unknown> => settled(false).then(resolve, reject),
  };
  return new Proxy([] as M[], {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
      const rows = instances.snapshot();
      const value: unknown = Reflect.get(rows, name);
      return typeof value === "function" ? (value as (...words: unknown[]) => unknown).bind(rows) : value;
    },
    has: (_, name) => Object.hasOwn(own, name) || Reflect.has(instances.snapshot(), name),
    ownKeys: () => Reflect.ownKeys(instances.snapshot()),
    getOwnPropertyDescriptor: (target, name) =>
      name === "length" ? { ...Reflect.getOwnPropertyDescriptor(target, name), value: instances.snapshot().length } : Reflect.getOwnPropertyDescriptor(instances.snapshot(), name),
    set: () => false,
  }) as unknown as LiveQueryset<M>;
}
