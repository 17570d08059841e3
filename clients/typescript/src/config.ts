/** The configuration: which servers there are, and how to talk to them. */

import { ConfigError, isRecord } from "./errors.js";

/** Headers by name. */
export type Headers = Record<string, string>;

/** What pusher-js takes, as far as it matters to us. */
export interface PusherClientOptions {
  appKey: string;
  /** A cluster of the vendor; not needed with `wsHost`. */
  cluster?: string;
  wsHost?: string;
  wsPort?: number;
  forceTLS?: boolean;
  /** Where channels are signed; `API_URL/events/auth/` when it is not said. */
  authEndpoint?: string;
}

/** Where news of changed rows come from. */
export type EventsConfig =
  | { type: "none" }
  | { type: "pusher"; pusher: { clientOptions: PusherClientOptions } }
  /** The server's own hub; `url` is where it listens when that is not `API_URL`'s origin. */
  | { type: "portcullis"; url?: string; appKey?: string };

/** How the client logs in. */
export interface AuthConfig {
  /** `session`: cookies with CSRF, same site only. `token`: one opaque token. `jwt`: a pair that is refreshed. */
  mode: "session" | "token" | "jwt";
  /** Where tokens are kept: `memory` (this page), `session` (this tab), `local` (this browser). */
  storage?: "memory" | "session" | "local";
  /** Where the doors of accounts are; the origin of `API_URL` when it is not said. */
  url?: string;
  /** The CSRF cookie's name; `__Host-csrftoken` and `csrftoken` are looked for. */
  csrfCookieName?: string;
  /** The CSRF header's name; `X-CSRFToken`. */
  csrfHeaderName?: string;
}

/** One server. */
export interface BackendConfig {
  /** The mount point of live data, without a slash at the end. */
  API_URL: string;
  /** Where `sync` writes models; needed by `sync` only. */
  GENERATED_TYPES_DIR?: string;
  /** Where `sync` writes actions; needed by `sync` only. */
  GENERATED_ACTIONS_DIR?: string;
  /** Where `sync` writes the types of sockets; needed by `sync` only. */
  GENERATED_SOCKETS_DIR?: string;
  fileUploadMode?: "server" | "s3";
  /** The zone in which dates and times are sent and shown, like `Europe/Paris`; `UTC` when it is not said. */
  BACKEND_TZ?: string;
  /** Asked for every request; `{}` for nobody. */
  getAuthHeaders?: () => Headers | Promise<Headers>;
  events?: EventsConfig;
  auth?: AuthConfig;
  /** Whether lists are kept in IndexedDB; `false` when it is not said. */
  persist?: boolean;
  /** How long a request may take, in milliseconds; 30,000 when it is not said. */
  timeout?: number;
}

/** The whole configuration. */
export interface Config {
  backendConfigs: Record<string, BackendConfig>;
}

/** A backend with everything filled in. */
export interface Backend extends BackendConfig {
  readonly name: string;
  readonly API_URL: string;
  readonly BACKEND_TZ: string;
  readonly timeout: number;
}

const KEYS = [
  "API_URL", "GENERATED_TYPES_DIR", "GENERATED_ACTIONS_DIR", "GENERATED_SOCKETS_DIR", "fileUploadMode", "BACKEND_TZ",
  "getAuthHeaders", "events", "auth", "persist", "timeout",
];
let backends: Map<string, Backend> | undefined;
const listeners = new Set<() => void>();

/**
 * Sets the configuration, in place of an earlier one.
 *
 * @throws {@link ConfigError} with everything that is wrong, and then the earlier one stays.
 */
export function setConfig(config: Config): void {
  backends = validated(config);
  for (const listener of listeners) listener();
}

/** Is told of each new configuration. */
export function onConfig(listener: () => void): void {
  listeners.add(listener);
}

/** The backend of that name. */
export function backend(name = "default"): Backend {
  if (!backends) throw new ConfigError(["nothing is configured yet: call setConfig({ backendConfigs: { default: { API_URL: … } } }) first"]);
  const found = backends.get(name);
  if (!found) throw new ConfigError([`there is no backend "${name}"; there are: ${[...backends.keys()].join(", ")}`]);
  return found;
}

/** All backends that are configured. */
export function allBackends(): Backend[] {
  return backends ? [...backends.values()] : [];
}

/** Reads a configuration, and says everything that is wrong with it. */
export function validated(config: unknown): Map<string, Backend> {
  const problems: string[] = [];
  const all = new Map<string, Backend>();
  const configs = isRecord(config) ? config["backendConfigs"] : undefined;
  if (!isRecord(configs) || Object.keys(configs).length === 0) {
    throw new ConfigError(["backendConfigs must be an object with at least one backend, usually named default"]);
  }
  for (const [name, value] of Object.entries(configs)) {
    const at = `backendConfigs.${name}`;
    if (!isRecord(value)) {
      problems.push(`${at} must be an object`);
      continue;
    }
    problems.push(...problemsOf(at, value));
    const config = value as unknown as BackendConfig;
    all.set(name, {
      ...config,
      name,
      API_URL: String(config.API_URL).replace(/\/+$/, ""),
      BACKEND_TZ: config.BACKEND_TZ ?? "UTC",
      timeout: config.timeout ?? 30_000,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return all;
}

function problemsOf(at: string, value: Record<string, unknown>): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(value)) {
    if (KEYS.includes(key)) continue;
    const near = KEYS.find((known) => known.toLowerCase().replace(/_/g, "") === key.toLowerCase().replace(/_/g, ""));
    problems.push(`${at}.${key} is not known${near ? `; did you mean ${near}?` : ""}`);
  }
  if (!isUrl(value["API_URL"])) problems.push(`${at}.API_URL must be a URL like "https://example.com/statezero"`);
  for (const key of ["GENERATED_TYPES_DIR", "GENERATED_ACTIONS_DIR", "GENERATED_SOCKETS_DIR"]) {
    if (value[key] !== undefined && typeof value[key] !== "string") problems.push(`${at}.${key} must be a folder`);
  }
  oneOf(problems, `${at}.fileUploadMode`, value["fileUploadMode"], ["server", "s3"]);
  if (value["BACKEND_TZ"] !== undefined && !isZone(value["BACKEND_TZ"])) {
    problems.push(`${at}.BACKEND_TZ must be a time zone like "UTC" or "Europe/Paris"`);
  }
  if (value["getAuthHeaders"] !== undefined && typeof value["getAuthHeaders"] !== "function") {
    problems.push(`${at}.getAuthHeaders must be a function that gives headers`);
  }
  if (value["persist"] !== undefined && typeof value["persist"] !== "boolean") problems.push(`${at}.persist must be true or false`);
  const timeout = value["timeout"];
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0)) problems.push(`${at}.timeout must be milliseconds over 0`);
  problems.push(...problemsOfEvents(`${at}.events`, value["events"]), ...problemsOfAuth(`${at}.auth`, value["auth"]));
  return problems;
}

function problemsOfEvents(at: string, events: unknown): string[] {
  if (events === undefined) return [];
  if (!isRecord(events)) return [`${at} must be an object with a type`];
  const problems: string[] = [];
  oneOf(problems, `${at}.type`, events["type"], ["none", "pusher", "portcullis"], true);
  if (events["type"] === "pusher") {
    const pusher = events["pusher"];
    const options = isRecord(pusher) ? pusher["clientOptions"] : undefined;
    if (!isRecord(options)) return [...problems, `${at}.pusher.clientOptions must be an object with an appKey`];
    const inside = `${at}.pusher.clientOptions`;
    if (typeof options["appKey"] !== "string" || options["appKey"] === "") problems.push(`${inside}.appKey must be the key of the application`);
    if (!options["cluster"] && !options["wsHost"]) problems.push(`${inside} needs a cluster, or a wsHost`);
    if (options["authEndpoint"] !== undefined && !isUrl(options["authEndpoint"])) problems.push(`${inside}.authEndpoint must be a URL`);
  }
  if (events["url"] !== undefined && !isUrl(events["url"])) problems.push(`${at}.url must be a URL`);
  return problems;
}

function problemsOfAuth(at: string, auth: unknown): string[] {
  if (auth === undefined) return [];
  if (!isRecord(auth)) return [`${at} must be an object with a mode`];
  const problems: string[] = [];
  oneOf(problems, `${at}.mode`, auth["mode"], ["session", "token", "jwt"], true);
  oneOf(problems, `${at}.storage`, auth["storage"], ["memory", "session", "local"]);
  if (auth["url"] !== undefined && !isUrl(auth["url"])) problems.push(`${at}.url must be a URL`);
  if (auth["mode"] === "session" && auth["storage"] !== undefined) {
    problems.push(`${at}.storage is for tokens; a session's cookie is kept by the browser`);
  }
  return problems;
}

function oneOf(problems: string[], at: string, value: unknown, known: string[], isNeeded = false): void {
  if (value === undefined && !isNeeded) return;
  if (typeof value !== "string" || !known.includes(value)) {
    problems.push(`${at} must be ${known.map((word) => `"${word}"`).join(" or ")}${value === undefined ? "" : `, not ${JSON.stringify(value)}`}`);
  }
}

function isUrl(value: unknown): boolean {
  if (typeof value !== "string" || value === "") return false;
  if (value.startsWith("/") && !value.startsWith("//")) return typeof location !== "undefined";
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isZone(value: unknown): boolean {
  try {
    return typeof value === "string" && Boolean(new Intl.DateTimeFormat("en", { timeZone: value }));
  } catch {
    return false;
  }
}
