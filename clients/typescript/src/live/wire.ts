/** Asking the AST view. */

import type { Backend, Headers } from "../config.js";
import { isRecord, SchemaError } from "../errors.js";
import { request } from "../http.js";
import type { Key, Row } from "../models/schema.js";

/** Rows of an answer. */
export interface Rows {
  keys: Key[];
  included: Record<string, Record<string, Row>>;
  modelName: string | null;
}

/** An answer. */
export interface Answered {
  data: unknown;
  metadata: Record<string, unknown>;
}

/** What is to be in the answer. */
export interface Options {
  /** Paths like `site__name`; all fields when it is not said. */
  fields?: readonly string[];
  /** How far related rows come along. */
  depth?: number;
  limit?: number;
  offset?: number;
}

/** Asks, and gives what the envelope holds. */
export async function ask(backend: Backend, model: string, query: unknown, options: Options = {}, headers: Headers = {}): Promise<Answered> {
  const body = { ast: { query, serializerOptions: options } };
  const url = `${backend.API_URL}/${model}/`;
  const answer = await request(url, { backend, method: "POST", body, headers });
  if (!isRecord(answer.body) || !("data" in answer.body)) {
    throw new SchemaError(`${url} answered without data: it is no server of live data, or of another version.`);
  }
  const metadata = answer.body["metadata"];
  return { data: answer.body["data"], metadata: isRecord(metadata) ? metadata : {} };
}

/** The rows of an answer. */
export function rowsOf(data: unknown): Rows {
  if (!isRecord(data) || !Array.isArray(data["data"]) || !isRecord(data["included"])) {
    throw new SchemaError("The answer has no rows: the server speaks another version.");
  }
  return {
    keys: data["data"] as Key[],
    included: data["included"] as Rows["included"],
    modelName: typeof data["model_name"] === "string" ? data["model_name"] : null,
  };
}
