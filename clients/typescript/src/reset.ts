/** Forgetting a user. */

import { endEpoch } from "./epoch.js";

/**
 * Forgets everything of the user before: lists, rows and metrics, in memory and in IndexedDB, writes under
 * way, and event connections. When the promise resolves, nothing of it can be reached; lists that are on
 * the page are asked for anew, as whoever is logged in now.
 *
 * `login()` and `logout()` of this package do it themselves. Call it when the headers of `getAuthHeaders` change.
 */
export async function resetStateZero(): Promise<void> {
  await endEpoch();
}

/** The same. */
export const reset = resetStateZero;
