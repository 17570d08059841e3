/** Writes: shown at once, then confirmed by the server, or taken back. */

import type { Backend } from "../config.js";
import { epoch, mustBe } from "../epoch.js";
import { isRecord } from "../errors.js";
import { instanceOf } from "../models/instances.js";
import type { Instance, ModelClass } from "../models/model.js";
import { classOf } from "../models/registered.js";
import type { Key, Row } from "../models/schema.js";
import { toWire } from "../models/values.js";
import { matches } from "../query/match.js";
import type { Spec } from "../query/spec.js";
import { ListStore } from "./list_store.js";
import type { ModelStore } from "./model_store.js";
import { ownOperation } from "./own.js";
import { allLive, modelStore } from "./registry.js";
import { ask, rowsOf, type Answered } from "./wire.js";

interface Shown {
  created?: ReadonlyMap<string, Row>;
  changed?: ReadonlyMap<string, Row>;
  deleted?: ReadonlySet<string>;
}

interface Effect {
  rows: Key[];
  gone: Key[];
  /** Whether other rows than these may have changed. */
  isOpen?: boolean;
}

/** A name that nobody else has, without a secure context too. */
export function newId(): string {
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}`;
}

async function write<T>(backend: Backend, model: ModelClass, shown: Shown, query: unknown, apply: (answer: Answered, store: ModelStore) => Effect & { result: T }): Promise<T> {
  const store = modelStore(backend, model.schema);
  const begun = epoch();
  const id = newId();
  const own = ownOperation(id, model.schema.model_name);
  store.begin({ id, created: shown.created ?? new Map(), changed: shown.changed ?? new Map(), deleted: shown.deleted ?? new Set() });
  tell(store);
  try {
    const answer = await ask(backend, model.schema.model_name, query, {}, { "X-Operation-ID": id });
    mustBe(begun);
    const effect = apply(answer, store);
    for (const key of effect.gone) store.forget(key);
    own.done(effect.isOpen ? [] : [...effect.rows, ...effect.gone]);
    for (const live of allLive(backend)) {
      const isMine = live.model === store.schema.model_name;
      if (isMine && live instanceof ListStore && !effect.isOpen) live.confirmed(effect.rows, effect.gone);
      else if (isMine) live.touched(effect.isOpen ? null : effect.rows);
      else if (live.dependencies().has(store.schema.model_name)) live.stale();
    }
    return effect.result;
  } catch (error) {
    own.done([]);
    throw error;
  } finally {
    store.end(id);
    tell(store);
  }
}

function tell(store: ModelStore): void {
  for (const live of allLive(store.backend)) {
    if (live.model === store.schema.model_name || live.dependencies().has(store.schema.model_name)) live.changed();
  }
}

/** Takes the rows of an answer, and says which they are. */
function take(backend: Backend, answer: Answered): { keys: Key[]; included: Record<string, Record<string, Row>> } {
  const rows = rowsOf(answer.data);
  for (const [model, included] of Object.entries(rows.included)) {
    const of = classOf(backend.name, model);
    if (of) modelStore(backend, of.schema).merge(included);
  }
  return rows;
}

function instance(backend: Backend, model: ModelClass, store: ModelStore, key: Key | undefined): Instance {
  const row = key === undefined ? undefined : store.rows.get(String(key));
  return instanceOf(backend, model, row ?? {}, 0);
}

/** A row that was not there. */
export function createRow(backend: Backend, model: ModelClass, values: Record<string, unknown>): Promise<Instance> {
  const data = toWire(values, backend.BACKEND_TZ) as Row;
  const provisional = `new:${newId()}`;
  const defaults = Object.fromEntries(
    Object.entries(model.schema.properties).map(([name, property]) => [name, property.default ?? null]),
  );
  const row = { ...defaults, ...data, [model.schema.primary_key_field]: provisional };
  return write(backend, model, { created: new Map([[provisional, row]]) }, { type: "create", data }, (answer, store) => {
    const { keys } = take(backend, answer);
    return { rows: keys, gone: [], result: instance(backend, model, store, keys[0]) };
  });
}

/** Many rows at once. */
export function createRows(backend: Backend, model: ModelClass, all: readonly Record<string, unknown>[]): Promise<Instance[]> {
  const data = all.map((values) => toWire(values, backend.BACKEND_TZ));
  return write(backend, model, {}, { type: "bulk_create", data }, (answer, store) => {
    const { keys } = take(backend, answer);
    return { rows: keys, gone: [], result: keys.map((key) => instance(backend, model, store, key)) };
  });
}

/** Changes of one row. */
export function updateRow(backend: Backend, model: ModelClass, key: Key, values: Record<string, unknown>): Promise<Instance> {
  const data = toWire(values, backend.BACKEND_TZ) as Row;
  const query = { type: "update_instance", filter: byKey(key), data };
  return write(backend, model, { changed: new Map([[String(key), data]]) }, query, (answer, store) => {
    const { keys } = take(backend, answer);
    return { rows: keys, gone: [], result: instance(backend, model, store, keys[0] ?? key) };
  });
}

/** The end of one row. */
export function deleteRow(backend: Backend, model: ModelClass, key: Key): Promise<void> {
  const query = { type: "delete_instance", filter: byKey(key) };
  return write(backend, model, { deleted: new Set([String(key)]) }, query, () => ({ rows: [], gone: [key], result: undefined }));
}

/** Changes of all rows of a question; those on the page that surely belong to it are shown changed at once. */
export function updateRows(backend: Backend, model: ModelClass, spec: Spec, values: Record<string, unknown>): Promise<number> {
  const data = toWire(values, backend.BACKEND_TZ) as Row;
  // What the database works out is not known here.
  const plain = Object.fromEntries(Object.entries(data).filter(([, value]) => !(isRecord(value) && value["__f_expr"])));
  const changed = new Map(surelyIn(backend, model, spec).map((key) => [key, plain]));
  return write(backend, model, { changed }, spec.query("update", { data }), (answer) => {
    take(backend, answer);
    // Rows that the change put out of the question are not in the answer.
    return { rows: [], gone: [], isOpen: true, result: numberOf(answer, "updated_count") };
  });
}

/** The end of all rows of a question. */
export function deleteRows(backend: Backend, model: ModelClass, spec: Spec): Promise<number> {
  const deleted = new Set(surelyIn(backend, model, spec));
  return write(backend, model, { deleted }, spec.query("delete"), (answer) => {
    const listed = answer.metadata["rows_deleted"];
    const gone = Array.isArray(listed) ? listed.flatMap((row) => keyIn(row, model)) : [];
    return { rows: [], gone, isOpen: gone.length === 0, result: numberOf(answer, "deleted_count") };
  });
}

/** `get_or_create` and `update_or_create`. */
export function orCreate(backend: Backend, model: ModelClass, type: "get_or_create" | "update_or_create", lookup: Record<string, unknown>, defaults: Record<string, unknown>): Promise<[Instance, boolean]> {
  const query = { type, lookup: toWire(lookup, backend.BACKEND_TZ), defaults: toWire(defaults, backend.BACKEND_TZ) };
  return write(backend, model, {}, query, (answer, store) => {
    const { keys } = take(backend, answer);
    return { rows: keys, gone: [], result: [instance(backend, model, store, keys[0]), answer.metadata["created"] === true] };
  });
}

function surelyIn(backend: Backend, model: ModelClass, spec: Spec): string[] {
  if (spec.search) return [];
  const { rows } = modelStore(backend, model.schema);
  return [...rows].filter(([, row]) => matches(spec.filterNode(), row, model.schema) === true).map(([key]) => key);
}

function byKey(key: Key): unknown {
  return { type: "filter", conditions: { pk: key } };
}

function keyIn(row: unknown, model: ModelClass): Key[] {
  if (!isRecord(row)) return [];
  const key = row["pk"] ?? row[model.schema.primary_key_field];
  return typeof key === "string" || typeof key === "number" ? [key] : [];
}

function numberOf(answer: Answered, name: string): number {
  const number = answer.metadata[name];
  return typeof number === "number" ? number : 0;
}
