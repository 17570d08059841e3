/** Types of sockets' messages out of AsyncAPI. */

import { isRecord } from "../errors.js";
import { MARK, type Files } from "./generate.js";

type Json = Record<string, unknown>;

/** For each socket what is sent and heard, by action; `from` is where the generated code finds the client. */
export function socketFiles(document: unknown, from: string): Files {
  const root = isRecord(document) ? document : {};
  const resolve = (value: unknown): Json => {
    let at: unknown = value;
    for (let steps = 0; isRecord(at) && typeof at["$ref"] === "string" && steps < 20; steps += 1) {
      const path = at["$ref"].replace(/^#\//, "").split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
      at = path.reduce<unknown>((inner, part) => (isRecord(inner) ? inner[part] : undefined), root);
    }
    return isRecord(at) ? at : {};
  };
  const blocks: string[] = [];
  const paths: string[] = [];
  for (const [name, channel] of Object.entries(resolve(root["channels"]))) {
    const title = name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const address = resolve(channel)["address"];
    // What the server receives is what a page sends.
    const [send, receive] = [new Map<string, string>(), new Map<string, string>()];
    for (const operation of Object.values(resolve(root["operations"])).map(resolve)) {
      if (resolve(operation["channel"]) !== resolve(channel)) continue;
      for (const message of (operation["messages"] as unknown[] | undefined) ?? []) {
        const { name: action, payload } = resolve(message);
        const properties = resolve(resolve(payload)["properties"]);
        if (typeof action !== "string") continue;
        const type = "payload" in properties ? typeOf(properties["payload"], resolve, 0) : "undefined";
        (operation["action"] === "receive" ? send : receive).set(action, type);
      }
    }
    const side = (messages: Map<string, string>): string => [...messages].map(([action, type]) => `\n    ${JSON.stringify(action)}: ${type};`).join("");
    blocks.push(`export interface ${title}Messages {\n  send: {${side(send)}\n  };\n  receive: {${side(receive)}\n  };\n}`);
    if (typeof address === "string") paths.push(`/** Opens \`${address}\`. */\nexport declare function open${title}(${address.includes("{") ? "path: string, " : ""}options?: SocketOptions): PortcullisSocket<${title}Messages>;`);
  }
  const functions = Object.entries(resolve(root["channels"])).map(([name, channel]) => {
    const title = name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const address = String(resolve(channel)["address"]);
    return address.includes("{")
      ? `export function open${title}(path, options) {\n  return openSocket(path, options);\n}`
      : `export function open${title}(options) {\n  return openSocket(${JSON.stringify(address)}, options);\n}`;
  });
  return new Map([
    ["index.d.ts", `${MARK}\nimport type { PortcullisSocket, SocketOptions } from "${from}";\n\n${[...blocks, ...paths].join("\n\n")}\n`],
    ["index.js", `${MARK}\nimport { openSocket } from "${from}";\n\n${functions.join("\n\n")}\n`],
  ]);
}

/** A JSON Schema as a type. */
function typeOf(value: unknown, resolve: (value: unknown) => Json, depth: number): string {
  const schema = resolve(value);
  if (depth > 8) return "unknown";
  const inner = (each: unknown): string => typeOf(each, resolve, depth + 1);
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map((each) => JSON.stringify(each)).join(" | ");
  for (const key of ["anyOf", "oneOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices)) return [...new Set(choices.map(inner))].join(" | ");
  }
  const { type } = schema;
  if (Array.isArray(type)) return type.map((each) => inner({ ...schema, type: each as unknown })).join(" | ");
  if (type === "array") return `Array<${"items" in schema ? inner(schema["items"]) : "unknown"}>`;
  if (type === "object") {
    const properties = Object.entries(resolve(schema["properties"]));
    if (properties.length === 0) return "Record<string, unknown>";
    const required = Array.isArray(schema["required"]) ? schema["required"] : [];
    return `{ ${properties.map(([name, each]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${inner(each)}`).join("; ")} }`;
  }
  if (type === "integer" || type === "number") return "number";
  return typeof type === "string" && ["string", "boolean", "null"].includes(type) ? type : "unknown";
}
