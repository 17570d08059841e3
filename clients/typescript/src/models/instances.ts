/** Rows as instances: the same object while nothing of the row changed. */

import type { ListStore } from "../live/list_store.js";
import { modelStore } from "../live/registry.js";
import type { Backend } from "../config.js";
import type { Instance, ModelClass } from "./model.js";
import { classOf } from "./registered.js";
import type { Row } from "./schema.js";
import { fromWire } from "./values.js";

/** The instances of a list. */
export interface Instances<M> {
  snapshot(): M[];
}

/** Keeps the instances of a store. */
export function instancesOf<M>(store: ListStore, model: ModelClass): Instances<M> {
  let made = new Map<string, { row: Row; related: number; instance: M }>();
  let last: M[] = [];
  return {
    snapshot(): M[] {
      const related = tickOfRelated(store);
      const next: typeof made = new Map();
      const rows: M[] = [];
      let isSame = true;
      for (const key of store.shownKeys()) {
        const row = store.rows.shown(key);
        if (!row) continue;
        const known = made.get(key);
        const entry =
          known && known.row === row && known.related === related
            ? known
            : { row, related, instance: instanceOf(store.backend, model, row, (store.options.depth ?? 0) + deepest(store)) as M };
        next.set(key, entry);
        isSame &&= last[rows.length] === entry.instance;
        rows.push(entry.instance);
      }
      made = next;
      if (!isSame || rows.length !== last.length) last = rows;
      return last;
    },
  };
}

function deepest(store: ListStore): number {
  return Math.max(0, ...(store.options.fields ?? []).map((path) => path.split("__").length - 1));
}

/** Grows when a row of another model that is in the list changes. */
function tickOfRelated(store: ListStore): number {
  if (!store.options.depth && deepest(store) === 0) return 0;
  let tick = 0;
  for (const model of store.dependencies()) {
    const of = classOf(store.backend.name, model);
    if (of) tick += modelStore(store.backend, of.schema).tick;
  }
  return tick;
}

/** A row as an instance; related rows that came along are instances, down to `depth`. */
export function instanceOf(backend: Backend, model: ModelClass, row: Row, depth: number): Instance {
  const { properties, relationships } = model.schema;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    const relation = relationships[name];
    const of = relation && depth > 0 ? classOf(backend.name, relation.model) : undefined;
    if (!of) {
      values[name] = fromWire(value, properties[name], backend.BACKEND_TZ);
      continue;
    }
    const store = modelStore(backend, of.schema);
    const found = (key: unknown): unknown => {
      const related = key === null ? undefined : store.shown(String(key));
      return related ? instanceOf(backend, of, related, depth - 1) : key;
    };
    values[name] = Array.isArray(value) ? value.map(found) : found(value);
  }
  return model.fromRow(values);
}
