#!/usr/bin/env node
/** The command line: `portcullis sync`. */

import { argv, cwd, env, exit, stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { sync } from "./sync.js";

const USAGE = `usage: portcullis sync [--config FILE] [--backend NAME] [--token TOKEN] [--sync-token TOKEN] [--header "Name: value"]

Writes one class for each model, and one function for each action, of the servers in
portcullis.config.js (or statezero.config.js), into GENERATED_TYPES_DIR and GENERATED_ACTIONS_DIR.

  --token TOKEN        sent as "Authorization: Token …"; or PORTCULLIS_TOKEN
  --sync-token TOKEN   of a server that shows its schemas with one; or PORTCULLIS_SYNC_TOKEN
  --from MODULE        what the generated code imports; @portcullis/client
`;

/** Runs what the words say, and gives the exit status. */
export async function main(words: string[], from?: string): Promise<number> {
  let values: { [name: string]: string | string[] | boolean | undefined };
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        config: { type: "string" }, backend: { type: "string" }, token: { type: "string" }, "sync-token": { type: "string" },
        header: { type: "string", multiple: true }, from: { type: "string" }, help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    stderr.write(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (values["help"] === true) {
    stdout.write(USAGE);
    return 0;
  }
  if (positionals[0] !== "sync" || positionals.length > 1) {
    stderr.write(USAGE);
    return 2;
  }
  const headers: Record<string, string> = {};
  const text = (name: string): string | undefined => (typeof values[name] === "string" ? values[name] : undefined);
  const token = text("token") ?? env["PORTCULLIS_TOKEN"];
  const syncToken = text("sync-token") ?? env["PORTCULLIS_SYNC_TOKEN"];
  if (token) headers["Authorization"] = `Token ${token}`;
  if (syncToken) headers["X-Sync-Token"] = syncToken;
  for (const line of (values["header"] as string[] | undefined) ?? []) {
    const [name = "", value] = line.split(/:\s*(.*)/s);
    if (value === undefined) {
      stderr.write(`--header ${JSON.stringify(line)} is not "Name: value"\n`);
      return 2;
    }
    headers[name] = value;
  }
  const [config, backend, module] = [text("config"), text("backend"), text("from") ?? from];
  try {
    await sync({
      folder: cwd(), headers, progress: progress(), say: (line) => stdout.write(`${line}\n`),
      ...(config ? { config } : {}), ...(backend ? { backend } : {}), ...(module ? { from: module } : {}),
    });
    return 0;
  } catch (error) {
    stderr.write(`portcullis sync: ${(error as Error).message}\n`);
    return 1;
  }
}

/** A bar on a terminal, and nothing elsewhere: the last line says what was done. */
function progress(): (done: number, all: number, name: string) => void {
  if (!stderr.isTTY) return () => undefined;
  return (done, all, name) => {
    const full = Math.round((done / all) * 24);
    stderr.write(`\r[${"#".repeat(full)}${" ".repeat(24 - full)}] ${done}/${all} ${name}\u001b[K${done === all ? "\n" : ""}`);
  };
}

if (argv[1] && /[/\\](main\.js|portcullis)$/.test(argv[1])) exit(await main(argv.slice(2)));
