/** `Model.objects`: all rows of a model, and ways to make some. */

import { createRow, createRows, orCreate } from "../live/write.js";
import type { ModelClass } from "../models/model.js";
import { QuerySet, type Values } from "./queryset.js";

/** Questions about all rows, and creation. */
export class Manager<M, F extends object> extends QuerySet<M, F> {
  constructor(model: ModelClass) {
    super(model);
  }

  /** Makes a row; shown at once, and taken back when it is refused. */
  create(values: Values<F>): Promise<M> {
    return createRow(this.backend, this.model, values as Record<string, unknown>) as Promise<M>;
  }

  /** Makes many rows, or none. */
  bulkCreate(all: readonly Values<F>[]): Promise<M[]> {
    return createRows(this.backend, this.model, all as Record<string, unknown>[]) as Promise<M[]>;
  }

  /** The row of that lookup, or a new one; and whether it is new. */
  getOrCreate(lookup: Values<F>, defaults: Values<F> = {}): Promise<[M, boolean]> {
    return orCreate(this.backend, this.model, "get_or_create", lookup as Record<string, unknown>, defaults as Record<string, unknown>) as Promise<[M, boolean]>;
  }

  /** The row of that lookup with these values, or a new one; and whether it is new. */
  updateOrCreate(lookup: Values<F>, defaults: Values<F> = {}): Promise<[M, boolean]> {
    return orCreate(this.backend, this.model, "update_or_create", lookup as Record<string, unknown>, defaults as Record<string, unknown>) as Promise<[M, boolean]>;
  }
}
