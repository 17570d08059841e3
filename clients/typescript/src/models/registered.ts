/** The generated classes, by the names of their models. */

import type { ModelClass } from "./model.js";
import type { Schema } from "./schema.js";

const classes = new Map<string, ModelClass>();

/** Makes a generated class known, so that related rows become instances of it. */
export function registerModel(backend: string, of: ModelClass): void {
  classes.set(`${backend}\n${of.schema.model_name.toLowerCase()}`, of);
}

/** The class of a model; `undefined` when it was not generated, or is not imported. */
export function classOf(backend: string, model: string): ModelClass | undefined {
  return classes.get(`${backend}\n${model.toLowerCase()}`);
}

/** The schema of a model. */
export function schemaOf(backend: string, model: string): Schema | undefined {
  return classOf(backend, model)?.schema;
}
