/** The rows of a model that this page knows, and the writes that are under way. */

import type { Backend } from "../config.js";
import type { Key, Row, Schema } from "../models/schema.js";

/** A write that the server has not answered yet, shown already. */
export interface Pending {
  readonly id: string;
  /** Rows that are not there yet, by their provisional keys. */
  readonly created: ReadonlyMap<string, Row>;
  /** What changes, for these keys. */
  readonly changed: ReadonlyMap<string, Row>;
  readonly deleted: ReadonlySet<string>;
}

/** Rows by key, as the server told them last. */
export class ModelStore {
  readonly rows = new Map<string, Row>();
  readonly pending = new Map<string, Pending>();
  /** Grows with every change. */
  tick = 0;

  constructor(readonly backend: Backend, readonly schema: Schema) {}

  /** Takes what the server said; a row stays the same object while nothing of it changed. */
  merge(rows: Record<string, Row>): void {
    for (const [key, row] of Object.entries(rows)) {
      const known = this.rows.get(key);
      const merged = known ? { ...known, ...row } : row;
      if (known && JSON.stringify(known) === JSON.stringify(merged)) continue;
      this.rows.set(key, merged);
      this.tick += 1;
    }
  }

  forget(key: Key): void {
    if (this.rows.delete(String(key))) this.tick += 1;
  }

  begin(pending: Pending): void {
    this.pending.set(pending.id, pending);
    this.tick += 1;
  }

  end(id: string): void {
    if (this.pending.delete(id)) this.tick += 1;
  }

  #shown = new Map<string, { base: Row; tick: number; row: Row }>();

  /** A row with what is under way. */
  shown(key: string): Row | undefined {
    let base = this.rows.get(key);
    let isTouched = false;
    for (const pending of this.pending.values()) isTouched ||= pending.changed.has(key) || pending.created.has(key);
    if (!isTouched) return base;
    const known = this.#shown.get(key);
    if (known && known.tick === this.tick && known.base === base) return known.row;
    const from = base ?? {};
    for (const pending of this.pending.values()) {
      const created = pending.created.get(key);
      if (created) base = created;
      const changed = pending.changed.get(key);
      if (changed && base) base = { ...base, ...changed };
    }
    if (base) this.#shown.set(key, { base: from, tick: this.tick, row: base });
    return base;
  }

  clear(): void {
    this.rows.clear();
    this.pending.clear();
    this.#shown.clear();
    this.tick += 1;
  }
}
