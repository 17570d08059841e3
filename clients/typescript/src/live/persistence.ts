/** Lists in IndexedDB, so that a page shows something before the server has answered. */

import type { Backend } from "../config.js";
import { epoch, onReset } from "../epoch.js";
import { authHeaders } from "../http.js";
import type { Rows } from "./wire.js";

const NAME = "portcullis";
const STORE = "lists";
let opening: Promise<IDBDatabase> | undefined;

interface Kept {
  rows: Rows;
  /** Of whom it is, as a digest. */
  whose: string;
}

function isOn(backend: Backend): boolean {
  return backend.persist === true && typeof indexedDB !== "undefined";
}

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      // Another tab may want to delete it.
      request.result.onversionchange = () => {
        request.result.close();
        opening = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("IndexedDB cannot be opened"));
  });
  opening.catch(() => (opening = undefined));
  return opening;
}

/** Whose lists these are; `undefined` when nobody is logged in, or nobody can say. */
async function whose(backend: Backend): Promise<string | undefined> {
  // Log-ins of this package empty the store when the user changes; refreshed tokens are of the same one.
  if (backend.auth) {
    if (backend.auth.mode === "session") return "session";
    return Object.keys(await authHeaders(backend)).length > 0 ? "login" : undefined;
  }
  const bytes = new TextEncoder().encode(JSON.stringify(await authHeaders(backend)));
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What was kept of a list; `undefined` when there is nothing, or it is somebody else's. */
export async function kept(backend: Backend, key: string): Promise<Rows | undefined> {
  if (!isOn(backend)) return undefined;
  try {
    const who = await whose(backend);
    const database = await open();
    const found = await done<Kept | undefined>(database.transaction(STORE).objectStore(STORE).get(key));
    return found && who !== undefined && found.whose === who ? found.rows : undefined;
  } catch {
    // Without it, the page asks the server.
    return undefined;
  }
}

/** Keeps a list. */
export async function keep(backend: Backend, key: string, rows: () => Rows): Promise<void> {
  if (!isOn(backend)) return;
  const begun = epoch().number;
  try {
    const who = await whose(backend);
    const database = await open();
    // What is begun after a reset is of somebody else; what was begun before is emptied by it.
    if (who === undefined || begun !== epoch().number) return;
    const value: Kept = { rows: rows(), whose: who };
    await done(database.transaction(STORE, "readwrite").objectStore(STORE).put(value, key));
  } catch {
    // Full, or private: it is only a memory.
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}

onReset(async () => {
  if (typeof indexedDB === "undefined") return;
  try {
    const database = await open();
    await done(database.transaction(STORE, "readwrite").objectStore(STORE).clear());
  } catch {
    // What cannot be emptied is deleted.
    await done(indexedDB.deleteDatabase(NAME) as unknown as IDBRequest<unknown>);
  }
});
