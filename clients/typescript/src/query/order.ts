/** The order of rows, as far as a page can tell. */

import type { Row, Schema } from "../models/schema.js";
import { ordinal } from "./match.js";

/** Compares two rows; tells whether it had to guess, as with text and with nulls, which databases order differently. */
export class Order {
  /** Whether a comparison was a guess. */
  isGuess = false;
  readonly #fields: Array<{ name: string; sign: number }>;

  constructor(orderBy: readonly string[], private readonly schema: Schema) {
    const named = orderBy.length > 0 ? orderBy : (schema.default_ordering ?? []);
    this.#fields = named.map((name) => ({
      name: name.replace(/^-/, "").replace(/^pk$/, schema.primary_key_field),
      sign: name.startsWith("-") ? -1 : 1,
    }));
  }

  /** The fields that decide. */
  get fields(): string[] {
    return this.#fields.map((field) => field.name);
  }

  compare(left: Row, right: Row): number {
    for (const { name, sign } of this.#fields) {
      const property = this.schema.properties[name];
      const [a, b] = [left[name], right[name]];
      if (a === b) continue;
      const [x, y] = property ? [ordinal(a, property), ordinal(b, property)] : [undefined, undefined];
      if (x !== undefined && y !== undefined) {
        if (x !== y) return (x - y) * sign;
        continue;
      }
      this.isGuess = true;
      const [s, t] = [String(a ?? ""), String(b ?? "")];
      if (s !== t) return (s < t ? -1 : 1) * sign;
    }
    return 0;
  }
}
