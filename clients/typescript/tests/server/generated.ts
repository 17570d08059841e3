/** Generated classes of the server with models, for tests. */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Manager, Model, ModelClass } from "../../src/index.js";
import { sync } from "../../src/cli/sync.js";

export const headersOf = (name: string): Record<string, string> => ({ Authorization: `Token ${name.repeat(10)}` });

export type Any = Record<string, any> & Model<Record<string, unknown>>;
export type AnyModel = ModelClass & {
  objects: Manager<Any, Record<string, unknown>>;
  validate: typeof Model.validate;
  getFieldPermissions: typeof Model.getFieldPermissions;
};

/** The classes by name. */
export async function generated(server: string): Promise<Record<"Crate" | "Tally" | "Memo" | "Site", AnyModel>> {
  const root = join(import.meta.dirname, "../../.generated");
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, "models-"));
  writeFileSync(join(folder, "portcullis.config.js"), `export default { backendConfigs: { default: { API_URL: "${server}/statezero", GENERATED_TYPES_DIR: "./models/" } } };`);
  await sync({ folder, headers: headersOf("bela"), from: "../../../../src/index.js", say: () => undefined, progress: () => undefined });
  return (await import(join(folder, "models/index.js"))) as Record<"Crate" | "Tally" | "Memo" | "Site", AnyModel>;
}

/** Waits until it holds. */
export async function until(holds: () => boolean, what: string, milliseconds = 5000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`it did not come to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
