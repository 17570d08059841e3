/** The parent of generated classes. */

import { backend as backendOf } from "../config.js";
import { DoesNotExist, isRecord, MultipleObjectsReturned, PortcullisError } from "../errors.js";
import { request } from "../http.js";
import { createRow, deleteRow, updateRow } from "../live/write.js";
import { Manager } from "../query/manager.js";
import type { Key, Row, Schema } from "./schema.js";
import { toWire } from "./values.js";

/** What a row is called, and its picture. */
export interface Repr {
  str: string;
  img?: string | null;
}

/** An instance, whichever model it is of. */
export type Instance = Model<Record<string, unknown>>;

/** A generated class. */
export interface ModelClass {
  new (values?: Record<string, unknown>): Instance;
  readonly schema: Schema;
  readonly backend: string;
  fromRow(values: Record<string, unknown>): Instance;
}

/** The names of fields that a user may see, create and change. */
export interface FieldPermissions {
  visible_fields: string[];
  creatable_fields: string[];
  editable_fields: string[];
}

/**
 * A row. Its fields are properties that may be set; `save()` sends what changed.
 *
 * @typeParam F the fields
 */
export abstract class Model<F extends object> {
  static readonly schema: Schema;
  static readonly backend: string = "default";
  static readonly DoesNotExist = DoesNotExist;
  static readonly MultipleObjectsReturned = MultipleObjectsReturned;

  /** What the row is called; of rows that the server knows. */
  declare readonly repr: Repr | undefined;

  constructor(values: Partial<F> | Record<string, unknown> = {}) {
    const { properties, relationships } = classFor(this).schema;
    for (const name of Object.keys(values)) {
      if (!(name in properties) && !(name in relationships) && name !== "repr") {
        throw new PortcullisError("ValidationError", `${classFor(this).schema.class_name} has no field ${name}.`);
      }
    }
    Object.assign(this, values);
  }

  /** An instance of what the server told. */
  static fromRow(values: Record<string, unknown>): Instance {
    const of = this as unknown as ModelClass;
    const instance = new of();
    Object.assign(instance, values);
    instance.markSaved();
    return instance;
  }

  /** What a manager is made of; generated classes call it once. */
  static managerOf<M, F extends object>(of: unknown): Manager<M, F> {
    return new Manager<M, F>(of as ModelClass);
  }

  /** The primary key; `undefined` before it is saved. */
  get pk(): Key | undefined {
    return valuesOf(this)[classFor(this).schema.primary_key_field] as Key | undefined;
  }

  /** Whether the server has not confirmed it yet. */
  get isPending(): boolean {
    return typeof this.pk === "string" && this.pk.startsWith("new:");
  }

  /** Remembers the present values as those of the server. */
  markSaved(): void {
    Object.defineProperty(this, SAVED, { configurable: true, value: { ...valuesOf(this) } });
  }

  /** The fields that differ from what the server told. */
  changes(): Record<string, unknown> {
    const { properties, primary_key_field } = classFor(this).schema;
    const changed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(valuesOf(this))) {
      const property = properties[name];
      if (!property || property.read_only || name === primary_key_field) continue;
      const before = savedOf(this)[name];
      const isSame = value === before || (value instanceof Date && before instanceof Date && value.getTime() === before.getTime());
      if (!isSame) changed[name] = value;
    }
    return changed;
  }

  /** Creates the row, or sends what changed; shown at once, and taken back when it is refused. */
  async save(): Promise<this> {
    const of = classFor(this);
    const backend = backendOf(of.backend);
    const changes = this.changes();
    const isNew = this.pk === undefined || Object.keys(savedOf(this)).length === 0;
    const row = isNew ? await createRow(backend, of, { ...changes, ...givenKey(this) }) : await updateRow(backend, of, this.pk!, changes);
    takeRow(this, { ...row } as unknown as Row);
    return this;
  }

  /** Sets these fields, and saves. */
  async update(values: Partial<F>): Promise<this> {
    Object.assign(this, values);
    return this.save();
  }

  /** Deletes the row; gone at once, and back when it is refused. */
  async delete(): Promise<void> {
    if (this.pk === undefined) throw new DoesNotExist("A row that was never saved cannot be deleted.");
    await deleteRow(backendOf(classFor(this).backend), classFor(this), this.pk);
  }

  /** Reads the row anew; what was not saved is lost. */
  async refreshFromDb(): Promise<this> {
    const manager = new Manager<Instance, Record<string, unknown>>(classFor(this));
    const fresh = await manager.get({ pk: this.pk });
    takeRow(this, { ...fresh } as unknown as Row);
    return this;
  }

  /**
   * Asks the server whether this could be created or updated.
   *
   * @throws ValidationError with the complaints by field
   */
  static async validate(data: Record<string, unknown>, how: "create" | "update" = "create", partial = false): Promise<boolean> {
    const of = this as unknown as ModelClass;
    const backend = backendOf(of.backend);
    const url = `${backend.API_URL}/${of.schema.model_name}/validate/`;
    const body = { data: toWire(data, backend.BACKEND_TZ), validate_type: how, partial };
    const answer = await request<unknown>(url, { backend, method: "POST", body });
    return isRecord(answer.body) && answer.body["valid"] === true;
  }

  /** Which fields this user may see, create and change. */
  static async getFieldPermissions(): Promise<FieldPermissions> {
    const of = this as unknown as ModelClass;
    const backend = backendOf(of.backend);
    const url = `${backend.API_URL}/${of.schema.model_name}/field-permissions/`;
    return (await request<FieldPermissions>(url, { backend })).body;
  }
}

// No private members: frameworks wrap instances in proxies, which have none.
const SAVED = Symbol("saved");

function classFor(instance: object): ModelClass {
  return instance.constructor as unknown as ModelClass;
}

function valuesOf(instance: object): Record<string, unknown> {
  return instance as Record<string, unknown>;
}

function savedOf(instance: object): Record<string, unknown> {
  return (instance as { [SAVED]?: Record<string, unknown> })[SAVED] ?? {};
}

function givenKey(instance: { pk: Key | undefined }): Record<string, unknown> {
  return instance.pk === undefined ? {} : { [classFor(instance).schema.primary_key_field]: instance.pk };
}

function takeRow(instance: object & { markSaved(): void }, row: Row): void {
  Object.assign(instance, row);
  instance.markSaved();
}
