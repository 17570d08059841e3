import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { F, MultipleObjectsReturned, PermissionDenied, Q, setConfig, ValidationError, type Manager, type Model, type ModelClass } from "../src/index.js";
import { sync } from "../src/cli/sync.js";

const models = inject("models");
export const BELA = { Authorization: `Token ${"bela".repeat(10)}` };
const here = import.meta.dirname;
let folder: string;
type Any = Record<string, any> & Model<Record<string, unknown>>;
type AnyModel = ModelClass & { objects: Manager<Any, Record<string, unknown>>; validate: typeof Model.validate; getFieldPermissions: typeof Model.getFieldPermissions };
let Crate: AnyModel;
let Tally: AnyModel;
let Memo: AnyModel;
let Site: AnyModel;

beforeAll(async () => {
  mkdirSync(join(here, "../.generated"), { recursive: true });
  folder = mkdtempSync(join(here, "../.generated/sync-"));
  writeFileSync(
    join(folder, "statezero.config.js"),
    `export default { backendConfigs: { default: { API_URL: "${models}/statezero", GENERATED_TYPES_DIR: "./models/", GENERATED_ACTIONS_DIR: "./actions/",
       getAuthHeaders: () => { const token = localStorage.getItem("auth_token"); return token ? { Authorization: token } : {}; } } } };`,
  );
  const lines: string[] = [];
  const steps: string[] = [];
  await sync({ folder, headers: BELA, from: "../../../../src/index.js", say: (line) => lines.push(line), progress: (done, all, name) => steps.push(`${done}/${all} ${name}`) });
  expect(lines[0]).toMatch(/^default: 9 models and \d+ actions; \d+ files changed$/);
  expect(steps.at(0)).toBe("1/10 auth.user");
  ({ Crate, Tally, Memo, Site } = (await import(join(folder, "models/index.js"))) as Record<string, AnyModel> as { Crate: AnyModel; Tally: AnyModel; Memo: AnyModel; Site: AnyModel });
});

beforeEach(async () => {
  await fetch(`${models}/__peer__/reset/`, { method: "POST" });
  setConfig({ backendConfigs: { default: { API_URL: `${models}/statezero`, getAuthHeaders: () => BELA } } });
});

describe("sync", () => {
  it("makes types that a strict compiler takes", () => {
    writeFileSync(
      join(folder, "use.ts"),
      `import { Crate, Site } from "./models/index.js";
       import * as actions from "./actions/index.js";
       export async function use(): Promise<string> {
         const crate = await Crate.objects.filter({ quantity__gt: 3, state: "packed" }).orderBy("-name").first();
         const site: Site | number | undefined = crate?.site;
         crate?.update({ quantity: 4, packed_at: new Date() });
         // @ts-expect-error there is no such field
         Crate.objects.filter({ quantitty: 3 });
         // @ts-expect-error a state is one of three
         const wrong: Partial<Crate> = { state: "lost" };
         return [site, actions, wrong, crate?.name].join();
       }`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { strict: true, noEmit: true, target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2023", "DOM", "DOM.Iterable"], types: ["node"], skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }, files: ["use.ts"] }),
    );
    const said = (() => {
      try {
        return execFileSync(join(here, "../node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    })();
    expect(said).toBe("");
  }, 60_000);

  it("writes nothing that is as it was, and the schema as the server told it", async () => {
    const lines: string[] = [];
    await sync({ folder, headers: BELA, from: "../../../../src/index.js", say: (line) => lines.push(line), progress: () => undefined });
    expect(lines[0]).toContain("; 0 files changed");
    const schema = JSON.parse(readFileSync(join(folder, "models/depot/label.schema.json"), "utf8")) as unknown;
    const answer = await fetch(`${models}/statezero/depot.label/get-schema/`, { headers: BELA });
    expect(schema).toEqual(await answer.json());
  });

  it.each([
    ["http://127.0.0.1:65533/statezero", /could not be reached \(E\w+\): is the server running\?/],
    [`${models}/nowhere`, /answered 404/],
  ])("says what is wrong with %s", async (url, complaint) => {
    writeFileSync(join(folder, "other.config.js"), `export default { backendConfigs: { default: { API_URL: "${url}", GENERATED_TYPES_DIR: "./other/" } } };`);
    writeFileSync(join(folder, `other-${url.length}.config.js`), readFileSync(join(folder, "other.config.js")));
    const options = { folder, config: `other-${url.length}.config.js`, headers: {}, say: () => undefined, progress: () => undefined };
    await expect(sync(options)).rejects.toThrow(complaint);
  });
});

describe("questions", () => {
  const names = async (rows: PromiseLike<Any[]>): Promise<string[]> => (await rows).map((row) => String(row["name"]));

  it("are immutable, and say what is sent", () => {
    const all = Crate.objects.all();
    const some = all.filter({ name: "x" }).exclude({ state: "draft" }).orderBy("-id").search("bolt", ["name"]);
    expect(all.toAst().query).toEqual({ type: "read" });
    expect(some.toAst({ depth: 1, fields: ["name"] })).toEqual({
      query: {
        type: "read",
        filter: {
          type: "and",
          children: [
            { type: "filter", conditions: { name: "x" } },
            { type: "exclude", child: { type: "filter", conditions: { state: "draft" } } },
          ],
        },
        search: { searchQuery: "bolt", searchFields: ["name"] },
        orderBy: ["-id"],
      },
      serializerOptions: { depth: 1, fields: ["name"] },
    });
  });

  it("filter, exclude, order, search and page", async () => {
    expect(await names(Tally.objects.filter({ a__gte: 2, a__lt: 5 }).orderBy("-a").fetch())).toEqual(["four", "three", "two"]);
    expect(await names(Tally.objects.exclude({ name__in: ["one", "two", "three"] }).orderBy("a").fetch())).toEqual(["four", "five"]);
    expect(await names(Tally.objects.filter(Q({ a: 1 }).or({ b: 20 }, Q({ a: 3 }).not().and({ b: 0 }))).orderBy("a").fetch())).toEqual(["one", "two", "four"]);
    expect(await names(Tally.objects.filter({ a__gt: 0, Q: [Q("OR", { name: "one" }, { name: "five" })] }).orderBy("a").fetch())).toEqual(["one", "five"]);
    expect(await names(Tally.objects.orderBy("a").fetch({ limit: 2, offset: 1 }))).toEqual(["two", "three"]);
    expect(await names(Tally.objects.search("thr").fetch())).toEqual(["three"]);
  });

  it("give one row, or say why not", async () => {
    expect((await Tally.objects.get({ name: "two" })).pk).toBe(2);
    await expect(Tally.objects.get({ name: "none" })).rejects.toMatchObject({ type: "DoesNotExist", status: 404 });
    await expect(Tally.objects.get({ a__gt: 1 })).rejects.toBeInstanceOf(MultipleObjectsReturned);
    expect((await Tally.objects.orderBy("a").first())?.["name"]).toBe("one");
    expect((await Tally.objects.orderBy("a").last())?.["name"]).toBe("five");
    expect(await Tally.objects.filter({ a: 77 }).first()).toBeNull();
    expect(await Tally.objects.filter({ a: 1 }).exists()).toBe(true);
    expect(await Tally.objects.filter({ a: 77 }).exists()).toBe(false);
  });

  it("count and work out", async () => {
    expect(await Tally.objects.count()).toBe(5);
    expect(await Tally.objects.filter({ a__lte: 2 }).sum("b")).toBe(30);
    expect(await Tally.objects.avg("a")).toBe(3);
    expect(await Tally.objects.min("b")).toBe(-5);
    expect(await Tally.objects.max("r")).toBe(9.75);
    expect(await Tally.objects.aggregate({ sum: "a", max: "b" })).toEqual({ a_sum: 15, b_max: 30 });
  });

  it("bring related rows along as instances", async () => {
    const crate = await Crate.objects.get({ pk: 1 }, { depth: 1 });
    expect(crate["site"]).toBeInstanceOf(Site);
    expect((crate["site"] as Any)["name"]).toBe("Aalto");
    const flat = await Crate.objects.get({ pk: 1 });
    expect(flat["site"]).toBe(1);
    const [first] = await Crate.objects.filter({ pk: 1 }).fetch({ fields: ["name", "site__name"] });
    expect((first!["site"] as Any)["name"]).toBe("Aalto");
  });

  it("are refused by name", async () => {
    await expect(Tally.objects.filter({ nonsense: 1 }).fetch()).rejects.toBeInstanceOf(ValidationError);
    await expect(Memo.objects.filter({ text: "Cleo was here" }).delete()).rejects.toBeInstanceOf(PermissionDenied);
  });
});

describe("writes", () => {
  it("create, save what changed, and delete", async () => {
    const tally = await Tally.objects.create({ name: "six", a: 6 });
    expect(tally.pk).toBe(6);
    expect(tally["b"]).toBe(0);
    tally["b"] = 60;
    expect(tally.changes()).toEqual({ b: 60 });
    await tally.save();
    expect(tally.changes()).toEqual({});
    expect((await Tally.objects.get({ pk: 6 }))["b"]).toBe(60);
    await tally.delete();
    await expect(tally.refreshFromDb()).rejects.toMatchObject({ type: "DoesNotExist" });
  });

  it("work on many rows, with arithmetic of the database", async () => {
    expect(await Tally.objects.filter({ a__lte: 2 }).update({ b: F("b * 2 + a") })).toBe(2);
    expect((await Tally.objects.get({ pk: 2 }))["b"]).toBe(42);
    expect(await Tally.objects.filter({ a__gt: 3 }).delete()).toBe(2);
    expect(await Tally.objects.bulkCreate([{ name: "x" }, { name: "y" }])).toHaveLength(2);
    expect(await Tally.objects.count()).toBe(5);
  });

  it("find or make", async () => {
    const [one, isNew] = await Tally.objects.getOrCreate({ name: "one" }, { a: 9 });
    expect([one["a"], isNew]).toEqual([1, false]);
    const [made, isMade] = await Tally.objects.updateOrCreate({ name: "ten" }, { a: 10 });
    expect([made["a"], isMade]).toEqual([10, true]);
  });

  it("are validated, and say what is wrong by field", async () => {
    const wrong: unknown = await Tally.objects.create({ a: "many" }).catch((error: unknown) => error);
    expect(Object.keys((wrong as ValidationError).fields).sort()).toEqual(["a", "name"]);
    expect(await Tally.validate({ name: "fine" })).toBe(true);
    await expect(Tally.validate({})).rejects.toBeInstanceOf(ValidationError);
    expect((await Crate.getFieldPermissions()).editable_fields).not.toContain("site");
    expect(() => new Tally({ nonsense: 1 })).toThrow("Tally has no field nonsense.");
  });

  it("keep moments over a change of the clock", async () => {
    setConfig({ backendConfigs: { default: { API_URL: `${models}/statezero`, BACKEND_TZ: "Europe/Paris", getAuthHeaders: () => BELA } } });
    for (const text of ["2024-03-31T00:59:59Z", "2024-03-31T01:00:00Z", "2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"]) {
      const crate = await Crate.objects.create({ name: "clock", site: 1, packed_at: new Date(text) });
      const read = await Crate.objects.get({ packed_at: new Date(text) });
      expect((read["packed_at"] as Date).toISOString()).toBe(new Date(text).toISOString());
      expect(read.pk).toBe(crate.pk);
    }
  });
});
