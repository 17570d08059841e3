/** Questions about rows, put together piece by piece; none of them changes another. */

import { backend as backendOf, type Backend } from "../config.js";
import { epoch, mustBe } from "../epoch.js";
import { DoesNotExist } from "../errors.js";
import { canonical } from "../live/json.js";
import { liveQueryset, type LiveQueryset } from "../live/list.js";
import { ListStore } from "../live/list_store.js";
import { LiveMetric, MetricStore, type MetricName } from "../live/metric_store.js";
import { live, modelStore } from "../live/registry.js";
import { ask, rowsOf, type Options } from "../live/wire.js";
import { deleteRows, updateRows } from "../live/write.js";
import { instanceOf } from "../models/instances.js";
import type { ModelClass } from "../models/model.js";
import { schemaOf } from "../models/registered.js";
import { toWire } from "../models/values.js";
import { nodeOf, QNode, type Conditions, type FExpression, type Node } from "./expressions.js";
import { Spec } from "./spec.js";

/** Conditions on the fields of a model: `name`, `name__icontains`, `site__name`; `Q` has alternatives. */
export type Filter<F extends object> = { [K in keyof F]?: unknown } & { [path: `${string}__${string}`]: unknown; pk?: unknown; Q?: unknown };

/** New values for fields, or arithmetic over them. */
export type Values<F extends object> = { [K in keyof F]?: F[K] | FExpression | unknown };

/** Rows that are asked for. Nothing is sent before `fetch`, or one of the others that give a promise. */
export class QuerySet<M, F extends object> {
  constructor(protected readonly model: ModelClass, private readonly spec: Spec = new Spec()) {}

  protected get backend(): Backend {
    return backendOf(this.model.backend);
  }

  /** All rows of this question. */
  all(): QuerySet<M, F> {
    return new QuerySet(this.model, this.spec);
  }

  /** Only rows that meet these conditions. */
  filter(...conditions: Array<Filter<F> | QNode>): QuerySet<M, F> {
    return this.#with(...conditions.map((each) => this.#node(each)));
  }

  /** Only rows that do not meet these conditions. */
  exclude(...conditions: Array<Filter<F> | QNode>): QuerySet<M, F> {
    const nodes = conditions.map((each) => this.#node(each));
    const child: Node = nodes.length === 1 ? nodes[0]! : { type: "and", children: nodes };
    return this.#with({ type: "exclude", child });
  }

  /** Only rows in which one of the words is found, in the model's fields for that, or in these of them. */
  search(words: string, fields?: readonly string[]): QuerySet<M, F> {
    return new QuerySet(this.model, this.spec.searching({ searchQuery: words, ...(fields ? { searchFields: fields } : {}) }));
  }

  /** In this order; `-` before a field turns it around. */
  orderBy(...fields: string[]): QuerySet<M, F> {
    return new QuerySet(this.model, this.spec.ordered(fields));
  }

  /** The rows: at once what is known, awaitable, and live. */
  fetch(options: Options = {}): LiveQueryset<M> {
    const store = this.#list(options);
    // What nobody has asked for, or has heard of since, is asked for now.
    if (!store.isFresh || !store.isWatched) void store.refresh().catch(() => undefined);
    return liveQueryset<M>(store, this.model);
  }

  /** The list without asking; whoever subscribes to it asks. */
  list(options: Options = {}): LiveQueryset<M> {
    return liveQueryset<M>(this.#list(options), this.model);
  }

  /** The one row. @throws DoesNotExist, MultipleObjectsReturned */
  async get(conditions?: Filter<F> | QNode, options: Options = {}): Promise<M> {
    const found = await (conditions ? this.filter(conditions) : this).#one("get", options);
    if (!found) throw new DoesNotExist(`No ${this.model.schema.class_name} matches the given query.`);
    return found;
  }

  /** The first row; `null` when there is none. */
  first(options: Options = {}): Promise<M | null> {
    return this.#one("first", options);
  }

  /** The last row; `null` when there is none. */
  last(options: Options = {}): Promise<M | null> {
    return this.#one("last", options);
  }

  /** Whether there is a row. */
  async exists(): Promise<boolean> {
    return (await ask(this.backend, this.model.schema.model_name, this.spec.query("exists"))).data === true;
  }

  /** How many rows there are, live. */
  count(field = "*"): LiveMetric<number> {
    return this.#metric("count", field);
  }

  sum(field: string): LiveMetric<number | null> {
    return this.#metric("sum", field);
  }

  avg(field: string): LiveMetric<number | null> {
    return this.#metric("avg", field);
  }

  min(field: string): LiveMetric<number | string | null> {
    return this.#metric("min", field);
  }

  max(field: string): LiveMetric<number | string | null> {
    return this.#metric("max", field);
  }

  /** Several numbers at once, by `field_function`. */
  async aggregate(aggregates: Partial<Record<"count" | "sum" | "avg" | "min" | "max", string>>): Promise<Record<string, unknown>> {
    const answer = await ask(this.backend, this.model.schema.model_name, this.spec.query("aggregate", { aggregates }));
    const inner = answer.data as { data?: Record<string, unknown> };
    return inner.data ?? (answer.data as Record<string, unknown>);
  }

  /** Changes all rows, and says how many there were. */
  update(values: Values<F>): Promise<number> {
    return updateRows(this.backend, this.model, this.spec, values as Record<string, unknown>);
  }

  /** Deletes all rows, and says how many went with them. */
  delete(): Promise<number> {
    return deleteRows(this.backend, this.model, this.spec);
  }

  /** What is sent, to look at. */
  toAst(options: Options = {}): { query: unknown; serializerOptions: Options } {
    return { query: this.spec.read(), serializerOptions: options };
  }

  #with(...nodes: Node[]): QuerySet<M, F> {
    return new QuerySet(this.model, nodes.reduce((spec, node) => spec.and(node), this.spec));
  }

  #node(conditions: Conditions | QNode): Node {
    return toWire(nodeOf(conditions), this.backend.BACKEND_TZ) as Node;
  }

  #key(kind: string, more: unknown): string {
    return canonical([this.backend.name, this.model.schema.model_name, kind, this.spec.query("read"), more]);
  }

  #list(options: Options): ListStore {
    const key = this.#key("list", options);
    return live(key, () => new ListStore(this.backend, this.model.schema, this.spec, options, key));
  }

  #metric<V>(name: MetricName, field: string | undefined): LiveMetric<V> {
    const make = (): MetricStore => new MetricStore(this.backend, this.model.schema, this.spec, name, field);
    const store = live(this.#key(name, field ?? null), make);
    if (!store.isFresh || !store.isWatched) void store.refresh().catch(() => undefined);
    return new LiveMetric<V>(store);
  }

  async #one(type: "get" | "first" | "last", options: Options): Promise<M | null> {
    const { backend, model } = this;
    const begun = epoch();
    const { data } = await ask(backend, model.schema.model_name, this.spec.query(type), options);
    mustBe(begun);
    const rows = rowsOf(data);
    for (const [name, included] of Object.entries(rows.included)) {
      const schema = name === model.schema.model_name ? model.schema : schemaOf(backend.name, name);
      if (schema) modelStore(backend, schema).merge(included);
    }
    const key = rows.keys[0];
    if (key === undefined) return null;
    const row = rows.included[model.schema.model_name]?.[String(key)];
    const depth = Math.max(options.depth ?? 0, ...(options.fields ?? []).map((path) => path.split("__").length - 1));
    return row ? (instanceOf(backend, model, row, depth) as M) : null;
  }
}
