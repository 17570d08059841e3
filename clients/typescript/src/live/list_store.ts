/** A live list: which rows, in which order, kept up to date. */

import type { Backend } from "../config.js";
import { epoch, mustBe, type Epoch } from "../epoch.js";
import { hear } from "../events/index.js";
import type { Key, Row, Schema } from "../models/schema.js";
import { schemaOf } from "../models/registered.js";
import { matches, type Verdict } from "../query/match.js";
import { Order } from "../query/order.js";
import type { Spec } from "../query/spec.js";
import { ModelStore } from "./model_store.js";
import { keep, kept } from "./persistence.js";
import { modelStore, type Live } from "./registry.js";
import { Source } from "./source.js";
import { ask, rowsOf, type Options, type Rows } from "./wire.js";

/** More changed rows than this are asked for with the whole list. */
const MANY = 500;

/** The store of one question. */
export class ListStore extends Source implements Live {
  readonly model: string;
  readonly rows: ModelStore;
  #keys: Key[] = [];
  #hasKeys = false;
  #dependencies = new Set<string>();
  #wantsAll = true;
  #touched = new Set<Key>();
  #isDue = false;

  constructor(readonly backend: Backend, readonly schema: Schema, readonly spec: Spec, readonly options: Options, private readonly key: string) {
    super();
    this.model = schema.model_name;
    this.rows = modelStore(backend, schema);
    for (const model of spec.models(schema, backend.name)) this.#dependencies.add(model);
  }

  dependencies(): ReadonlySet<string> {
    return this.#dependencies;
  }

  /** Whether there is something to show, of the server or of this browser's memory. */
  get hasRows(): boolean {
    return this.#hasKeys;
  }

  /** The keys to show, with what is under way: creations that belong here, without deletions. */
  shownKeys(): string[] {
    const { pending } = this.rows;
    const keys = this.#keys.map(String);
    if (pending.size === 0) return keys;
    const shown = new Set(keys);
    let isMoved = false;
    const order = new Order(this.spec.orderBy, this.schema);
    for (const { created, changed, deleted } of pending.values()) {
      for (const key of deleted) shown.delete(key);
      for (const key of [...created.keys(), ...changed.keys()]) {
        const row = this.rows.shown(key);
        const verdict = row && this.#verdict(row);
        if (verdict === false) shown.delete(key);
        else if (verdict && !shown.has(key) && !this.#isPage()) shown.add(key);
        else if (!shown.has(key)) continue;
        const patch = changed.get(key);
        isMoved ||= created.has(key) || order.fields.some((field) => patch !== undefined && field in patch) || !keys.includes(key);
      }
    }
    const all = [...shown];
    return isMoved ? all.sort((a, b) => order.compare(this.rows.shown(a) ?? {}, this.rows.shown(b) ?? {})) : all;
  }

  touched(keys: readonly Key[] | null): void {
    if (keys === null || this.#isPage() || keys.length + this.#touched.size > MANY) this.#wantsAll = true;
    else for (const key of keys) this.#touched.add(key);
    this.stale(false);
  }

  stale(all = true): void {
    if (all) this.#wantsAll = true;
    this.isFresh = false;
    if (!this.isWatched || this.#isDue) return;
    this.#isDue = true;
    // Many events in a moment are one request.
    setTimeout(() => {
      this.#isDue = false;
      if (this.isWatched) void this.refresh().catch(() => undefined);
    }, 30);
  }

  /** Takes rows that a write of this page made; what only the server can place is asked for. */
  confirmed(rows: readonly Key[], gone: readonly Key[]): void {
    const lost = new Set(gone.map(String));
    if (lost.size > 0) this.#keys = this.#keys.filter((key) => !lost.has(String(key)));
    if (this.#isPage() && rows.length + gone.length > 0) return this.stale();
    // What a request under way was told may be older than this.
    const asks: Key[] = this.isRunning ? [...rows] : [];
    for (const key of rows) if (!this.#place(key)) asks.push(key);
    if (asks.length > 0) this.touched(asks);
  }

  /** Puts a row where it belongs; `false` when a page cannot know where that is. */
  #place(key: Key): boolean {
    const row = this.rows.rows.get(String(key));
    const verdict = row && this.#verdict(row);
    if (!row || verdict === undefined) return false;
    const at = this.#keys.findIndex((known) => String(known) === String(key));
    if (!verdict) {
      if (at >= 0) this.#keys = this.#keys.filter((_, index) => index !== at);
      return true;
    }
    const order = new Order(this.spec.orderBy, this.schema);
    const others = at < 0 ? this.#keys : this.#keys.filter((_, index) => index !== at);
    const compare = (other: Key): number => order.compare(this.rows.rows.get(String(other)) ?? {}, row);
    // It stays where it is as long as its neighbours say so.
    const stays = at >= 0 && (at === 0 || compare(others[at - 1]!) <= 0) && (at >= others.length || compare(others[at]!) >= 0);
    if (stays) return !order.isGuess;
    let [low, high] = [0, others.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(others[middle]!) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#keys = [...others.slice(0, low), key, ...others.slice(low)];
    return !order.isGuess;
  }

  #verdict(row: Row): Verdict {
    return this.spec.search ? undefined : matches(this.spec.filterNode(), row, this.schema);
  }

  #isPage(): boolean {
    return this.options.limit !== undefined || this.options.offset !== undefined;
  }

  protected opened(): void {
    hear(this.backend, this.model);
    for (const model of this.#dependencies) hear(this.backend, model);
  }

  protected async load(): Promise<void> {
    const begun = epoch();
    if (!this.#hasKeys) await this.#remember(begun);
    this.opened();
    const some = [...this.#touched];
    this.#touched.clear();
    const isWhole = this.#wantsAll || !this.#hasKeys || some.length === 0;
    this.#wantsAll = false;
    try {
      if (isWhole) await this.#loadAll(begun);
      else await this.#loadSome(some, begun);
    } catch (error) {
      this.#wantsAll = true;
      throw error;
    }
    if (!this.#wantsAll) void keep(this.backend, this.key, () => this.#whole());
  }

  async #loadAll(begun: Epoch): Promise<void> {
    const { data } = await ask(this.backend, this.model, this.spec.read(), this.options);
    mustBe(begun);
    const rows = rowsOf(data);
    this.#take(rows);
    // Joins may repeat a row.
    this.#keys = [...new Map(rows.keys.map((key) => [String(key), key])).values()];
    this.#hasKeys = true;
  }

  /** Of the changed rows, those that the server still counts in are in; the others are not. */
  async #loadSome(some: Key[], begun: Epoch): Promise<void> {
    const only = this.spec.and({ type: "filter", conditions: { pk__in: some } });
    const { data } = await ask(this.backend, this.model, only.read(), this.options);
    mustBe(begun);
    const rows = rowsOf(data);
    const isIn = new Set(rows.keys.map(String));
    const before = new Map(rows.keys.map((key) => [String(key), this.rows.rows.get(String(key))]));
    this.#take(rows);
    const out = new Set(some.map(String).filter((key) => !isIn.has(key)));
    if (out.size > 0) this.#keys = this.#keys.filter((key) => !out.has(String(key)));
    const order = new Order(this.spec.orderBy, this.schema);
    const known = new Set(this.#keys.map(String));
    for (const key of rows.keys) {
      const [old, now] = [before.get(String(key)), this.rows.rows.get(String(key))];
      const stays = known.has(String(key)) && old && now && order.fields.every((field) => field in now && old[field] === now[field]);
      if (!stays && !this.#putIn(key)) {
        await this.#loadAll(begun);
        return;
      }
    }
  }

  /** As `#place`, for a row of which the server said that it is in. */
  #putIn(key: Key): boolean {
    const row = this.rows.rows.get(String(key));
    if (!row) return false;
    const order = new Order(this.spec.orderBy, this.schema);
    const others = this.#keys.filter((known) => String(known) !== String(key));
    if (order.fields.length === 0 && others.length !== this.#keys.length) return true;
    let at = others.length;
    while (at > 0 && order.compare(others[at - 1] === undefined ? {} : (this.rows.rows.get(String(others[at - 1])) ?? {}), row) > 0) at -= 1;
    this.#keys = [...others.slice(0, at), key, ...others.slice(at)];
    return !order.isGuess && order.fields.every((field) => field in row);
  }

  #take(rows: Rows): void {
    for (const [model, included] of Object.entries(rows.included)) {
      const schema = model === this.model ? this.schema : schemaOf(this.backend.name, model);
      if (!schema) continue;
      modelStore(this.backend, schema).merge(included);
      if (model !== this.model && !this.#dependencies.has(model)) {
        this.#dependencies.add(model);
        hear(this.backend, model);
      }
    }
  }

  async #remember(begun: Epoch): Promise<void> {
    const rows = await kept(this.backend, this.key);
    // Rows of the user before are not put back.
    mustBe(begun);
    if (!rows || this.#hasKeys) return;
    this.#take(rows);
    this.#keys = rows.keys;
    this.#hasKeys = true;
    this.#wantsAll = true;
    this.status = "cached";
    this.changed();
  }

  #whole(): Rows {
    const included: Rows["included"] = {};
    for (const model of [this.model, ...this.#dependencies]) {
      const schema = model === this.model ? this.schema : schemaOf(this.backend.name, model);
      if (!schema) continue;
      const store = modelStore(this.backend, schema);
      const keys = model === this.model ? this.#keys.map(String) : [...store.rows.keys()];
      included[model] = Object.fromEntries(keys.flatMap((key) => (store.rows.has(key) ? [[key, store.rows.get(key)!]] : [])));
    }
    return { keys: this.#keys, included, modelName: this.model };
  }

  override reset(): void {
    this.#keys = [];
    this.#hasKeys = false;
    this.#touched.clear();
    this.#wantsAll = true;
    super.reset();
  }
}
