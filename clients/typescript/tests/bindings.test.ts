// @vitest-environment happy-dom
import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { effectScope, nextTick, reactive, ref } from "vue";
import { resetStateZero, setConfig } from "../src/index.js";
import { useMetric as useReactMetric, useQueryset as useReactQueryset } from "../src/react.js";
import { useMetric, useQueryset } from "../src/vue.js";
import { generated, headersOf, until, type Any, type AnyModel } from "./server/generated.js";

const models = inject("models");
let Tally: AnyModel;

beforeAll(async () => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  // Pages of other origins are CORS' business, which is the server's.
  (globalThis as { happyDOM?: { settings: { fetch: { disableSameOriginPolicy: boolean } } } }).happyDOM!.settings.fetch.disableSameOriginPolicy = true;
  ({ Tally } = await generated(models));
});
beforeEach(async () => {
  await fetch(`${models}/__peer__/reset/`, { method: "POST" });
  setConfig({ backendConfigs: { default: { API_URL: `${models}/statezero`, getAuthHeaders: () => headersOf("bela") } } });
});
afterEach(() => resetStateZero());

describe("Vue", () => {
  it("follows rows, numbers, and what a question is made of", async () => {
    const scope = effectScope();
    const least = ref(4);
    const { rows, count } = scope.run(() => ({
      rows: useQueryset(() => Tally.objects.filter({ a__gte: least.value }).orderBy("a")),
      count: useMetric(() => Tally.objects.count()),
    }))!;
    const names = (): string => rows.value.map((row: Any) => row["name"]).join();
    await until(() => names() === "four,five" && count.value === 5, "rows");
    expect(rows.loading.value).toBe(false);
    await Tally.objects.create({ name: "nine", a: 9 });
    expect(names()).toBe("four,five,nine");
    await until(() => count.value === 6, "the count");
    least.value = 9;
    await until(() => names() === "nine", "the other question");
    await nextTick();
    scope.stop();
    await Tally.objects.create({ name: "ten", a: 10 });
    expect(names()).toBe("nine");
  });

  it("may wrap instances", async () => {
    const tally = reactive(await Tally.objects.get({ name: "one" })) as Any;
    tally["b"] = 5;
    await tally.save();
    expect((await Tally.objects.get({ name: "one" }))["b"]).toBe(5);
  });

  it("is told errors", async () => {
    const scope = effectScope();
    const rows = scope.run(() => useQueryset(() => Tally.objects.filter({ nonsense: 1 })))!;
    await until(() => rows.error.value !== undefined, "an error");
    expect(rows.error.value).toMatchObject({ type: "ValidationError" });
    scope.stop();
  });
});

describe("React", () => {
  it("follows rows and numbers", async () => {
    const Page = ({ least }: { least: number }): ReturnType<typeof createElement> => {
      const { rows, error } = useReactQueryset<Any, Record<string, unknown>>(() => Tally.objects.filter({ a__gte: least }).orderBy("a"), [least]);
      const count = useReactMetric(() => Tally.objects.count(), []);
      return createElement("p", null, `${rows.map((row) => row["name"]).join()} of ${count} ${error ?? ""}`);
    };
    const place = document.createElement("div");
    const root = createRoot(place);
    const shows = async (text: string): Promise<void> => {
      const end = Date.now() + 5000;
      // What comes meanwhile is on the page after each look.
      while (place.textContent!.trim() !== text && Date.now() < end) await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
      expect(place.textContent!.trim()).toBe(text);
    };
    await act(async () => root.render(createElement(Page, { least: 4 })));
    await shows("four,five of 5");
    await act(() => Tally.objects.create({ name: "nine", a: 9 }));
    await shows("four,five,nine of 6");
    await act(async () => root.render(createElement(Page, { least: 9 })));
    await shows("nine of 6");
    await act(async () => root.unmount());
  });
});
