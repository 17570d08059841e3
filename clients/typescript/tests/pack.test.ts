import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const here = join(import.meta.dirname, "..");
const run = (program: string, words: string[], folder: string): string => {
  try {
    return execFileSync(program, words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PORTCULLIS_TOKEN: "bela".repeat(10) } });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${words.join(" ")}: ${stdout}${stderr}`);
  }
};
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-pack-"));
  run("npm", ["run", "build"], here);
  for (const source of [here, join(here, "../statezero-core")]) run("npm", ["pack", "--pack-destination", folder], source);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
  const packed = readdirSync(folder).filter((name) => name.endsWith(".tgz")).map((name) => `./${name}`);
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...packed], folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packages", () => {
  it("sync and type-check in a fresh project", () => {
    const models = inject("models");
    writeFileSync(
      join(folder, "statezero.config.js"),
      `import { resetStateZero } from "@statezero/core";
       export default { backendConfigs: { default: { API_URL: "${models}/statezero", GENERATED_TYPES_DIR: "./src/models/", GENERATED_ACTIONS_DIR: "./src/actions/",
         fileUploadMode: "server", BACKEND_TZ: "UTC",
         getAuthHeaders: () => { const token = localStorage.getItem("auth_token"); return token ? { Authorization: \`Token \${token}\` } : {}; },
         events: { type: "pusher", pusher: { clientOptions: { appKey: "key", cluster: "eu", forceTLS: true, authEndpoint: "${models}/statezero/events/auth/" } } } } } };`,
    );
    expect(run("npx", ["--no-install", "statezero", "sync"], folder)).toMatch(/^default: 9 models and/);
    writeFileSync(
      join(folder, "use.ts"),
      `import { resetStateZero, setConfig, type LiveQueryset } from "@statezero/core";
       import { login } from "@portcullis/client";
       import { Crate } from "./src/models/index.js";
       const rows: LiveQueryset<Crate> = Crate.objects.filter({ quantity__gt: 1 }).fetch();
       const names: string[] = rows.map((row) => row.name);
       export default async (): Promise<void> => { setConfig({ backendConfigs: {} }); await login({ email: "a", password: "b" }); await resetStateZero(); names.pop(); };`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { strict: true, noEmit: true, target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022", "DOM"], types: [], skipLibCheck: false }, files: ["use.ts"] }),
    );
    expect(run(join(here, "node_modules/.bin/tsc"), ["-p", folder], folder)).toBe("");
  }, 120_000);

  it("are small", async () => {
    const bundle = await build({ entryPoints: [join(here, "dist/index.js")], bundle: true, minify: true, format: "esm", write: false });
    const size = gzipSync(bundle.outputFiles[0]!.contents).length;
    console.log(`core: ${size} bytes minified and gzipped`);
    expect(size).toBeLessThan(20_000);
    const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { dependencies?: object };
    expect(dependencies).toBeUndefined();
  });
});
