/** Classes and functions out of schemas, as the texts of files. */

import type { Property, Schema } from "../models/schema.js";
import { SyncError, type ActionSchema } from "./schemas.js";

/** The first line of every file, by which it is known again. */
export const MARK = "// Made by `portcullis sync`; what is changed here is lost.";

/** Texts by path, below the folder. */
export type Files = Map<string, string>;

/** A class for each model. */
export function modelFiles(models: readonly Schema[], backend: string, from: string): Files {
  const files: Files = new Map();
  const names = classNames(models);
  const byName = new Map(models.map((schema) => [schema.model_name, schema]));
  for (const schema of models) {
    const path = pathOf(schema.model_name);
    files.set(`${path}.js`, classText(schema, names, backend, from));
    files.set(`${path}.d.ts`, typeText(schema, names, byName, from));
    files.set(`${path}.schema.json`, `${JSON.stringify(schema, undefined, 2)}\n`);
  }
  const exports = [...names].map(([model, name]) => `export { ${name} } from "./${pathOf(model)}.js";`);
  const types = [...names].map(([model, name]) => `export { ${name}, type ${name}Fields } from "./${pathOf(model)}.js";`);
  files.set("index.js", `${[MARK, ...exports].join("\n")}\n`);
  files.set("index.d.ts", `${[MARK, ...types].join("\n")}\n`);
  return files;
}

/** A function for each action. */
export function actionFiles(actions: readonly ActionSchema[], backend: string, from: string): Files {
  const files: Files = new Map();
  const functions = new Map<string, ActionSchema>();
  for (const action of actions) {
    const name = camel(action.action_name);
    if (functions.has(name)) throw new SyncError(`The actions ${functions.get(name)?.action_name} and ${action.action_name} would both be ${name}().`);
    functions.set(name, action);
  }
  for (const [name, action] of functions) {
    const code = `${MARK}
import { callAction } from "${from}";

export function ${name}(input = {}) {
  return callAction(${JSON.stringify(action.action_name)}, input, ${JSON.stringify(backend)});
}
`;
    const title = name[0]!.toUpperCase() + name.slice(1);
    const inputs = fieldsText(action.input_properties, (property) => !property.required);
    const outputs = fieldsText(action.response_properties, () => false);
    const isOptional = Object.values(action.input_properties).every((property) => !property.required);
    const types = `${MARK}
export interface ${title}Input {${inputs}}

export interface ${title}Answer {${outputs}}

${comment(action.docstring, "")}export declare function ${name}(input${isOptional ? "?" : ""}: ${title}Input): Promise<${title}Answer>;
`;
    files.set(`${name}.js`, code);
    files.set(`${name}.d.ts`, types);
  }
  const lines = [...functions.keys()].map((name) => `export * from "./${name}.js";`);
  const body = lines.length > 0 ? lines : ["export {};"];
  files.set("index.js", `${[MARK, ...body].join("\n")}\n`);
  files.set("index.d.ts", `${[MARK, ...body].join("\n")}\n`);
  return files;
}

function classText(schema: Schema, names: Map<string, string>, backend: string, from: string): string {
  const name = names.get(schema.model_name)!;
  // Related classes have to be there for related rows to be instances.
  const related = relatedOf(schema, names).map((model) => `import "${relative(schema.model_name, model)}";`);
  return `${[MARK, `import { Model, registerModel } from "${from}";`, ...related].join("\n")}

export class ${name} extends Model {
  static schema = ${JSON.stringify(schema, undefined, 2).replace(/\n/g, "\n  ")};
  static backend = ${JSON.stringify(backend)};
  static objects = Model.managerOf(this);
}

registerModel(${JSON.stringify(backend)}, ${name});
`;
}

function typeText(schema: Schema, names: Map<string, string>, byName: Map<string, Schema>, from: string): string {
  const name = names.get(schema.model_name)!;
  const related = relatedOf(schema, names).map((model) => `import type { ${names.get(model)} } from "${relative(schema.model_name, model)}";`);
  const lines: string[] = [];
  for (const [field, property] of Object.entries(schema.properties)) {
    const relation = schema.relationships[field];
    const target = relation && byName.get(relation.model);
    let type = typeOf(property);
    if (relation && target) {
      const key = typeOf({ ...target.properties[target.primary_key_field]!, nullable: false });
      const one = `${names.get(target.model_name)} | ${key}`;
      const isMany = property.type === "array" || relation.type === "many-to-many";
      type = isMany ? `Array<${one}>` : property.nullable ? `${one} | null` : one;
    }
    lines.push(`${comment(property["description"] as string | null | undefined, "  ")}  ${property.read_only ? "readonly " : ""}${quoted(field)}: ${type};`);
  }
  return `${[MARK, `import { Model, type Manager } from "${from}";`, ...related].join("\n")}

export interface ${name}Fields {
${lines.join("\n")}
}

export interface ${name} extends ${name}Fields {}

export declare class ${name} extends Model<${name}Fields> {
  constructor(values?: Partial<${name}Fields>);
  static readonly objects: Manager<${name}, ${name}Fields>;
}
`;
}

function fieldsText(properties: Record<string, Property>, isOptional: (property: Property) => boolean): string {
  const lines = Object.entries(properties ?? {}).map(
    ([name, property]) => `\n${comment(property["description"] as string | null | undefined, "  ")}  ${quoted(name)}${isOptional(property) ? "?" : ""}: ${typeOf(property)};`,
  );
  return lines.length > 0 ? `${lines.join("")}\n` : "";
}

function typeOf(property: Property): string {
  const plain = plainTypeOf(property);
  return property.nullable && plain !== "unknown" ? `${plain} | null` : plain;
}

function plainTypeOf({ type, format, choices }: Property): string {
  if (choices && type === "string") return Object.keys(choices).map((value) => JSON.stringify(value)).join(" | ");
  if (format === "date-time") return "Date";
  if (format === "decimal") return "string";
  if (format === "file-path" || format === "image-path") return "{ file_path: string; file_name: string; file_url: string; size: number; mime_type: string } | string";
  return { string: "string", integer: "number", number: "number", boolean: "boolean", array: "unknown[]" }[type] ?? "unknown";
}

/** Class names; of two applications with the same one, the application comes before it. */
function classNames(models: readonly Schema[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const schema of models) {
    if (!/^[A-Za-z_]\w*$/.test(schema.class_name)) throw new SyncError(`${schema.model_name} has the class name ${JSON.stringify(schema.class_name)}, which is none.`);
    const isShared = models.some((other) => other !== schema && other.class_name === schema.class_name);
    const app = schema.model_name.split(".")[0] ?? "";
    names.set(schema.model_name, isShared ? camel(`_${app}`) + schema.class_name : schema.class_name);
  }
  return names;
}

function relatedOf(schema: Schema, names: Map<string, string>): string[] {
  const models = Object.values(schema.relationships ?? {}).map((relation) => relation.model);
  return [...new Set(models)].filter((model) => model !== schema.model_name && names.has(model)).sort();
}

function pathOf(model: string): string {
  return model.toLowerCase().replace(".", "/");
}

function relative(from: string, to: string): string {
  const [app, name] = pathOf(to).split("/");
  return pathOf(from).split("/")[0] === app ? `./${name}.js` : `../${app}/${name}.js`;
}

function camel(name: string): string {
  const words = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return /^[0-9]/.test(words) ? `_${words}` : words;
}

function quoted(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function comment(text: string | null | undefined, indent: string): string {
  const words = text?.trim().replace(/\*\//g, "*\\/").replace(/\s*\n\s*/g, " ");
  return words ? `${indent}/** ${words} */\n` : "";
}
