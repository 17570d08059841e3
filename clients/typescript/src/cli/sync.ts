/** `portcullis sync`: writes the classes and functions of the configured servers. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { validated, type Backend } from "../config.js";
import { actionFiles, MARK, modelFiles, type Files } from "./generate.js";
import { describe, describeSockets, SyncError } from "./schemas.js";
import { socketFiles } from "./sockets.js";

/** What `sync` was asked for. */
export interface SyncOptions {
  folder: string;
  config?: string;
  backend?: string;
  headers: Record<string, string>;
  /** Where the generated code finds the client. */
  from?: string;
  say: (line: string) => void;
  progress: (done: number, all: number, name: string) => void;
}

const NAMES = ["portcullis.config.js", "portcullis.config.mjs", "statezero.config.js", "statezero.config.mjs"];

/** Writes what the servers of the configuration have; gives how many files changed. */
export async function sync(options: SyncOptions): Promise<number> {
  const path = configPath(options);
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  const backends = [...validated(module.default).values()].filter((backend) => !options.backend || backend.name === options.backend);
  if (backends.length === 0) throw new SyncError(`${path} has no backend named ${options.backend}.`);
  let changed = 0;
  for (const backend of backends) changed += await syncOne(backend, options, dirname(path));
  return changed;
}

async function syncOne(backend: Backend, options: SyncOptions, base: string): Promise<number> {
  const { GENERATED_TYPES_DIR, GENERATED_ACTIONS_DIR, GENERATED_SOCKETS_DIR } = backend;
  if (!GENERATED_TYPES_DIR && !GENERATED_ACTIONS_DIR && !GENERATED_SOCKETS_DIR) {
    throw new SyncError(`backendConfigs.${backend.name} has none of GENERATED_TYPES_DIR, GENERATED_ACTIONS_DIR and GENERATED_SOCKETS_DIR: there is nothing to write.`);
  }
  const headers = { ...(await configured(backend)), ...options.headers };
  const wantsModels = GENERATED_TYPES_DIR !== undefined || GENERATED_ACTIONS_DIR !== undefined;
  const described = wantsModels ? await describe(backend.API_URL, headers, options.progress) : { models: [], actions: [] };
  const from = options.from ?? "@portcullis/client";
  let changed = 0;
  if (GENERATED_TYPES_DIR) changed += write(resolve(base, GENERATED_TYPES_DIR), modelFiles(described.models, backend.name, from));
  if (GENERATED_ACTIONS_DIR) changed += write(resolve(base, GENERATED_ACTIONS_DIR), actionFiles(described.actions, backend.name, from));
  if (GENERATED_SOCKETS_DIR) {
    const document = await describeSockets(backend.auth?.url ?? new URL(backend.API_URL).origin, headers);
    changed += write(resolve(base, GENERATED_SOCKETS_DIR), socketFiles(document, from));
  }
  options.say(`${backend.name}: ${described.models.length} models and ${described.actions.length} actions; ${changed} files changed`);
  return changed;
}

/** The configuration's own headers, where they can be had outside a browser. */
async function configured(backend: Backend): Promise<Record<string, string>> {
  try {
    return (await backend.getAuthHeaders?.()) ?? {};
  } catch {
    return {};
  }
}

function configPath({ folder, config }: SyncOptions): string {
  if (config) {
    const path = resolve(folder, config);
    if (!existsSync(path)) throw new SyncError(`${path} is not there.`);
    return path;
  }
  const found = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (!found) throw new SyncError(`There is no ${NAMES[0]} or ${NAMES[2]} in ${folder}; name one with --config.`);
  return found;
}

/** Writes what is different, and removes what was made earlier and is not any more. */
function write(folder: string, files: Files): number {
  let changed = 0;
  for (const [name, text] of files) {
    const path = join(folder, name);
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    changed += 1;
  }
  const all = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  for (const name of all) {
    const isOurs = /\.(js|d\.ts)$/.test(name) && !files.has(name.replaceAll("\\", "/"));
    if (!isOurs || !readFileSync(join(folder, name), "utf8").startsWith(MARK)) continue;
    rmSync(join(folder, name));
    rmSync(join(folder, name.replace(/\.(js|d\.ts)$/, ".schema.json")), { force: true });
    changed += 1;
  }
  return changed;
}
