/** What a generated class knows of its model. */

/** A field, as the server describes it. */
export interface Property {
  type: string;
  format?: string | null;
  title?: string;
  required?: boolean;
  nullable?: boolean;
  read_only?: boolean;
  max_length?: number | null;
  choices?: Record<string, string> | null;
  default?: unknown;
  [more: string]: unknown;
}

/** A relation to another model. */
export interface Relationship {
  type: string;
  model: string;
  class_name: string;
  primary_key_field: string;
}

/** A model, as the server describes it. */
export interface Schema {
  model_name: string;
  class_name: string;
  primary_key_field: string;
  properties: Record<string, Property>;
  relationships: Record<string, Relationship>;
  default_ordering?: string[] | null;
  [more: string]: unknown;
}

/** A key of a row. */
export type Key = string | number;

/** A row as it comes from the server. */
export type Row = Readonly<Record<string, unknown>>;
