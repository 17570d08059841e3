/** Starts the real servers that the tests talk to: the binary, and one with models. */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    server: string;
    models: string;
  }
}

const root = join(import.meta.dirname, "../../../..");
/** Where Cargo put the programs; `cargo xtask test` says it. */
export const programs = process.env["PORTCULLIS_PROGRAMS"] ?? join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "debug");

/** A program of this repository, started; resolves with the address it says it listens at. */
export function start(program: string, words: string[], folder: string, environment: Record<string, string> = {}): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(join(programs, program), words, { cwd: folder, env: { ...process.env, ...environment } });
  return new Promise((resolve, reject) => {
    let said = "";
    let isThere = false;
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (!url) return;
      isThere = true;
      resolve({ url: url[0], child });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const error = new Error(`${program} ended with ${code ?? signal}: ${said}`);
      // Whoever kills it takes this listener off; nothing else should end it.
      if (isThere) console.error(error.message);
      reject(error);
    });
  });
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-client-"));
  const settings = {
    PORTCULLIS_LISTEN: "127.0.0.1:0",
    PORTCULLIS_JWT_ACCESS_TOKEN_LIFETIME: "3",
    PORTCULLIS_CHANNELS_FIRST_MESSAGE_TIME: "2",
    // All of the tests come from one address.
    PORTCULLIS_SIGNUP_LIMIT_TRIES: "1000",
    PORTCULLIS_LOGIN_LIMIT_TRIES_PER_ADDRESS: "1000",
  };
  const server = await start("portcullis", [], folder, settings);
  const models = await start("live", ["--profile", "debug", "--port", "0"], folder);
  project.provide("server", server.url);
  project.provide("models", models.url);
  return async () => {
    for (const { child } of [server, models]) {
      child.removeAllListeners("exit");
      child.kill();
    }
    rmSync(folder, { recursive: true, force: true });
  };
}
