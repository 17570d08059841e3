/** A live number: a count, a sum, …; asked for again when rows change. */

import type { Backend } from "../config.js";
import { epoch, mustBe } from "../epoch.js";
import { hear } from "../events/index.js";
import type { Schema } from "../models/schema.js";
import type { Spec } from "../query/spec.js";
import type { Live } from "./registry.js";
import { Source } from "./source.js";
import { ask } from "./wire.js";

/** What is counted. */
export type MetricName = "count" | "sum" | "avg" | "min" | "max" | "exists";

/** The store of one number. */
export class MetricStore extends Source implements Live {
  readonly model: string;
  value: unknown = undefined;
  readonly #dependencies: ReadonlySet<string>;
  #isDue = false;

  constructor(readonly backend: Backend, schema: Schema, private readonly spec: Spec, private readonly metric: MetricName, private readonly field: string | undefined) {
    super();
    this.model = schema.model_name;
    this.#dependencies = spec.models(schema, backend.name);
  }

  dependencies(): ReadonlySet<string> {
    return this.#dependencies;
  }

  touched(): void {
    this.stale();
  }

  stale(): void {
    this.isFresh = false;
    if (!this.isWatched || this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      if (this.isWatched) void this.refresh().catch(() => undefined);
    }, 30);
  }

  protected opened(): void {
    hear(this.backend, this.model);
    for (const model of this.#dependencies) hear(this.backend, model);
  }

  protected async load(): Promise<void> {
    this.opened();
    const query = this.spec.query(this.metric, this.field === undefined ? {} : { field: this.field });
    const begun = epoch();
    const { data } = await ask(this.backend, this.model, query);
    mustBe(begun);
    this.value = data;
  }

  override reset(): void {
    this.value = undefined;
    super.reset();
  }
}

/** A number that keeps itself up to date while somebody watches it, and can be awaited. */
export class LiveMetric<V> implements PromiseLike<V> {
  constructor(private readonly store: MetricStore) {}

  /** What is known of it now. */
  get value(): V | undefined {
    return this.store.value as V | undefined;
  }

  get error(): Error | undefined {
    return this.store.error;
  }

  get loading(): boolean {
    return this.store.isLoading;
  }

  subscribe(listener: (value: V | undefined) => void): () => void {
    return this.store.watch(() => listener(this.value));
  }

  then<A = V, B = never>(resolve?: ((value: V) => A | PromiseLike<A>) | null, reject?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.store.settled().then(() => this.store.value as V).then(resolve, reject);
  }
}
