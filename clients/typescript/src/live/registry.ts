/** All stores of a page, found by meaning: the same question has one store. */

import { onConfig, type Backend } from "../config.js";
import { onReset } from "../epoch.js";
import type { Schema } from "../models/schema.js";
import { ModelStore } from "./model_store.js";

/** A live thing: a list, or a number. */
export interface Live {
  readonly backend: Backend;
  readonly model: string;
  /** Other models that it depends on. */
  dependencies(): ReadonlySet<string>;
  readonly isWatched: boolean;
  /** Rows of its model changed; `null` when nobody knows which. */
  touched(keys: readonly (string | number)[] | null): void;
  /** Something it depends on changed. */
  stale(): void;
  /** What is shown may be different. */
  changed(): void;
  /** Forgets everything; whoever watches is asked for anew. */
  reset(): void;
}

const models = new Map<string, ModelStore>();
const lives = new Map<string, Live>();
const MOST = 200;

/** The rows of a model. */
export function modelStore(backend: Backend, schema: Schema): ModelStore {
  const key = `${backend.name}\n${schema.model_name}`;
  let store = models.get(key);
  if (!store || store.backend !== backend) {
    store = new ModelStore(backend, schema);
    models.set(key, store);
  }
  return store;
}

/** The store of a question; the least recently used that nobody watches makes room. */
export function live<L extends Live>(key: string, make: () => L): L {
  const known = lives.get(key) as L | undefined;
  const found = known ?? make();
  lives.delete(key);
  lives.set(key, found);
  if (lives.size > MOST) {
    for (const [old, candidate] of lives) {
      if (candidate.isWatched || old === key) continue;
      lives.delete(old);
      break;
    }
  }
  return found;
}

/** All live things of a backend, or of all. */
export function allLive(backend?: Backend): Live[] {
  return [...lives.values()].filter((each) => !backend || each.backend.name === backend.name);
}

/** How much there is, for tests and for the curious. */
export function known(): { rows: number; lists: number } {
  let rows = 0;
  for (const store of models.values()) rows += store.rows.size + store.pending.size;
  return { rows, lists: lives.size };
}

onReset(() => {
  for (const store of models.values()) store.clear();
  const all = [...lives.entries()];
  for (const [key, each] of all) if (!each.isWatched) lives.delete(key);
  for (const [, each] of all) each.reset();
});

onConfig(() => {
  models.clear();
  lives.clear();
});
