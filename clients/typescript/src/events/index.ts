/** News of changed rows, and who is told. */

import { onConfig, type Backend } from "../config.js";
import { onReset } from "../epoch.js";
import { isRecord } from "../errors.js";
import { withoutOwn } from "../live/own.js";
import { allLive } from "../live/registry.js";
import type { Key } from "../models/schema.js";
import { PusherConnection } from "./pusher.js";

const connections = new Map<string, PusherConnection>();
const refusals = new Set<(model: string, error: unknown) => void>();

/** Hears of changes of a model from now on, where the backend has events. */
export function hear(backend: Backend, model: string): void {
  const { events } = backend;
  if (!events || events.type === "none" || typeof WebSocket === "undefined") return;
  let connection = connections.get(backend.name);
  if (!connection) {
    connection = new PusherConnection(backend, events);
    connections.set(backend.name, connection);
  }
  connection.subscribe(`private-${model}`, {
    event: (name, data) => told(backend, model, name, data),
    heard: () => apply(backend, model, null),
    refused: (error) => refusals.forEach((listener) => listener(model, error)),
  });
}

/** Is told of models whose events this user may not hear, or cannot. */
export function onEventsRefused(listener: (model: string, error: unknown) => void): () => void {
  refusals.add(listener);
  return () => refusals.delete(listener);
}

function told(backend: Backend, model: string, name: string, data: unknown): void {
  const event = isRecord(data) ? data : {};
  const instances = event["instances"];
  // A hub may keep the keys back, and some servers send null for a row that is gone.
  const isKnown = Array.isArray(instances) && instances.length > 0 && instances.every((key) => typeof key === "string" || typeof key === "number");
  const keys = isKnown ? (instances as Key[]) : null;
  const id = typeof event["operation_id"] === "string" ? event["operation_id"] : undefined;
  if (!/^(bulk_)?(create|update|delete)$/.test(name)) return;
  withoutOwn(id, model, keys, (rest) => apply(backend, model, rest));
}

function apply(backend: Backend, model: string, keys: readonly Key[] | null): void {
  for (const live of allLive(backend)) {
    if (live.model === model) live.touched(keys);
    else if (live.dependencies().has(model)) live.stale();
  }
}

function closeAll(): void {
  for (const connection of connections.values()) connection.close();
  connections.clear();
}

onReset(closeAll);
onConfig(closeAll);

/** After being offline, what is watched is asked for: events were lost. */
if (typeof addEventListener === "function") {
  addEventListener("online", () => {
    for (const live of allLive()) live.stale();
  });
}
