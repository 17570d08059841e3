/** Values between a page and the wire. */

import { FileObject } from "../files/file_object.js";
import { FExpression } from "../query/expressions.js";
import { fromZone, toZone } from "./datetime.js";
import type { Property } from "./schema.js";

/** A value as it is sent: moments in the backend's zone, rows as their keys. */
export function toWire(value: unknown, zone: string): unknown {
  if (value instanceof Date) return toZone(value, zone);
  if (value instanceof FExpression) return value.toJSON();
  if (value instanceof FileObject) return value.toJSON();
  if (isInstance(value)) return value.pk;
  if (Array.isArray(value)) return value.map((each) => toWire(each, zone));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toWire(each, zone)]));
  }
  return value;
}

/** A value as a page has it: `Date` for moments; days, times and decimals stay text, which loses nothing. */
export function fromWire(value: unknown, property: Property | undefined, zone: string): unknown {
  if (typeof value === "string" && property?.format === "date-time") return fromZone(value, zone);
  return value;
}

function isInstance(value: unknown): value is { pk: unknown } {
  return typeof value === "object" && value !== null && "pk" in value && "repr" in value;
}
