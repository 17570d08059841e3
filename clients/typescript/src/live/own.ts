/** Writes of this page, by the names that their events will have. */

import type { Key } from "../models/schema.js";
import { onReset } from "../epoch.js";

interface Own {
  model: string;
  /** The rows that the page has applied itself; `undefined` while it waits for the answer. */
  applied: ReadonlySet<string> | undefined;
  waiting: Array<() => void>;
}

const operations = new Map<string, Own>();
const MOST = 1000;

/** Remembers a write; `done` says which rows it has brought up to date by itself. */
export function ownOperation(id: string, model: string): { done(keys: readonly Key[]): void } {
  const own: Own = { model, applied: undefined, waiting: [] };
  operations.set(id, own);
  const oldest = operations.keys().next().value;
  if (operations.size > MOST && oldest !== undefined) operations.delete(oldest);
  return {
    done(keys) {
      own.applied = new Set(keys.map(String));
      for (const goOn of own.waiting.splice(0)) goOn();
    },
  };
}

/** Calls `rest` with the keys of an event that the page has not applied itself; later, if the write is under way. */
export function withoutOwn(id: string | undefined, model: string, keys: readonly Key[] | null, rest: (keys: readonly Key[] | null) => void): void {
  const own = id === undefined ? undefined : operations.get(id);
  if (!own || own.model !== model) return rest(keys);
  const judge = (): void => {
    const left = keys?.filter((key) => !own.applied?.has(String(key))) ?? null;
    if (left === null ? own.applied?.size === 0 : left.length > 0) rest(left);
  };
  if (own.applied) judge();
  else own.waiting.push(judge);
}

onReset(() => operations.clear());
