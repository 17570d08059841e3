/** Actions: functions of the server. Generated functions call this. */

import { backend as backendOf } from "./config.js";
import { request } from "./http.js";
import { toWire } from "./models/values.js";

/** Calls an action by name. */
export async function callAction<T>(name: string, input: object = {}, backendName = "default"): Promise<T> {
  const backend = backendOf(backendName);
  const url = `${backend.API_URL}/actions/${encodeURIComponent(name)}/`;
  return (await request<T>(url, { backend, method: "POST", body: toWire({ ...input }, backend.BACKEND_TZ) })).body;
}
