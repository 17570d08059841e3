/** Asking a running server what models and actions it has. */

import type { Schema, Property } from "../models/schema.js";

/** An action, as the server describes it. */
export interface ActionSchema {
  action_name: string;
  docstring?: string | null;
  input_properties: Record<string, Property>;
  response_properties: Record<string, Property>;
  [more: string]: unknown;
}

/** What a server has. */
export interface Described {
  models: Schema[];
  actions: ActionSchema[];
}

/** A server that cannot be asked, with what to do about it. */
export class SyncError extends Error {}

/** Asks for all of it; `progress` is told after each answer. */
export async function describe(apiUrl: string, headers: Record<string, string>, progress: (done: number, all: number, name: string) => void): Promise<Described> {
  const base = apiUrl.replace(/\/+$/, "");
  const names = await get<string[]>(`${base}/models/`, headers);
  if (!Array.isArray(names)) throw new SyncError(`${base}/models/ gave no list of models.`);
  const models: Schema[] = [];
  for (const name of names) {
    if (!/^\w+\.\w+$/.test(name)) throw new SyncError(`The server has a model named ${JSON.stringify(name)}, for which no file can be made.`);
    models.push(await get<Schema>(`${base}/${name}/get-schema/`, headers));
    progress(models.length, names.length + 1, name);
  }
  const { actions } = await get<{ actions: Record<string, ActionSchema> }>(`${base}/actions-schema/`, headers);
  progress(names.length + 1, names.length + 1, "actions");
  return { models, actions: Object.entries(actions ?? {}).map(([name, action]) => ({ ...action, action_name: name })) };
}

/** Asks for the messages of its sockets. */
export function describeSockets(url: string, headers: Record<string, string>): Promise<unknown> {
  return get(`${url.replace(/\/+$/, "")}/docs/asyncapi.json`, headers);
}

async function get<T>(url: string, headers: Record<string, string>): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, { headers: { Accept: "application/json", ...headers } });
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? String(error);
    throw new SyncError(`${url} could not be reached (${cause}): is the server running?`);
  }
  const text = await answer.text();
  if (answer.status === 401 || answer.status === 403 || answer.status === 409) {
    throw new SyncError(`${url} answered ${answer.status}: schemas are shown to those who may see them. Give --token, --sync-token, or --header "Name: value". ${text.slice(0, 200)}`);
  }
  if (!answer.ok) throw new SyncError(`${url} answered ${answer.status}. ${text.slice(0, 200)}`);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new SyncError(`${url} answered with something that is not JSON: is API_URL right? ${text.slice(0, 80)}`);
  }
}
