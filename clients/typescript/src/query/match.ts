/** Whether a row is in a list, as far as a page can tell: otherwise the server is asked. */

import type { Row, Schema } from "../models/schema.js";
import type { Node } from "./expressions.js";

/** `undefined`: only the server knows. */
export type Verdict = boolean | undefined;

/** The verdict of a filter about a row. */
export function matches(node: Node | undefined, row: Row, schema: Schema): Verdict {
  if (!node) return true;
  const children = (): Verdict[] => ((node["children"] as Node[] | undefined) ?? []).map((child) => matches(child, row, schema));
  switch (node.type) {
    case "and":
      return all(children());
    case "or":
      return not(all(children().map(not)));
    case "exclude":
      return not(matches(node["child"] as Node | undefined, row, schema));
    case "filter": {
      const conditions = Object.entries((node["conditions"] as Record<string, unknown> | undefined) ?? {});
      return all(conditions.map(([path, value]) => meets(path, value, row, schema)));
    }
    default:
      return undefined;
  }
}

function meets(path: string, wanted: unknown, row: Row, schema: Schema): Verdict {
  const [name = "", ...rest] = path.split("__");
  const field = name === "pk" ? schema.primary_key_field : name;
  const lookup = rest[0] ?? "exact";
  const property = schema.properties[field];
  const value = row[field];
  // Paths over relations, JSON and lists are the server's.
  if (rest.length > 1 || !property || value === undefined || Array.isArray(value) || property.type === "object") return undefined;
  if (lookup === "isnull") return (value === null) === wanted;
  if (lookup === "exact") return wanted === null ? value === null : same(value, wanted, property.format);
  if (lookup === "in" && Array.isArray(wanted)) return not(all(wanted.map((each) => not(same(value, each, property.format)))));
  const [left, right] = [ordinal(value, property), ordinal(wanted, property)];
  if (lookup === "range" && Array.isArray(wanted)) {
    return all([meets(`${field}__gte`, wanted[0], row, schema), meets(`${field}__lte`, wanted[1], row, schema)]);
  }
  if (value === null) return ["gt", "gte", "lt", "lte"].includes(lookup) ? false : undefined;
  if (left === undefined || right === undefined) return undefined;
  if (lookup === "gt") return left > right;
  if (lookup === "gte") return left >= right;
  if (lookup === "lt") return left < right;
  if (lookup === "lte") return left <= right;
  return undefined;
}

function same(value: unknown, wanted: unknown, format: string | null | undefined): Verdict {
  if (value === null || wanted === null) return false;
  if (format === "date-time") return Date.parse(String(value)) === Date.parse(String(wanted));
  if (format === "decimal") return Number(value) === Number(wanted);
  if (typeof value === typeof wanted) return value === wanted;
  // Servers read "1" as 1.
  return String(value) === String(wanted) ? true : undefined;
}

/** A number that orders as the database does; `undefined` for what only the database orders, such as text. */
export function ordinal(value: unknown, property: { type: string; format?: string | null }): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (property.format === "date-time" || property.format === "date") {
    const moment = Date.parse(String(value));
    return Number.isNaN(moment) ? undefined : moment;
  }
  if (typeof value === "boolean") return Number(value);
  if (property.format === "decimal" || property.type === "integer" || property.type === "number" || typeof value === "number") {
    const number = Number(value);
    return Number.isNaN(number) ? undefined : number;
  }
  return undefined;
}

function all(verdicts: Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}
