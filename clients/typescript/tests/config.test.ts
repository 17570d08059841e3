import { describe, expect, it } from "vitest";
import { validated } from "../src/config.js";
import { ConfigError, setConfig } from "../src/index.js";

const seed = {
  API_URL: "http://127.0.0.1:8000/statezero",
  GENERATED_TYPES_DIR: "./src/models/",
  GENERATED_ACTIONS_DIR: "./src/actions/",
  fileUploadMode: "server",
  BACKEND_TZ: "UTC",
  getAuthHeaders: () => ({}),
  events: {
    type: "pusher",
    pusher: {
      clientOptions: {
        appKey: "key", cluster: "eu", forceTLS: true, authEndpoint: "http://127.0.0.1:8000/statezero/events/auth/",
      },
    },
  },
};

function problems(config: unknown): readonly string[] {
  try {
    validated(config);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  it("takes what StateZero's documents show", () => {
    expect(problems({ backendConfigs: { default: seed } })).toEqual([]);
  });

  it("takes several backends, and takes slashes off", () => {
    const all = validated({ backendConfigs: { default: { ...seed, API_URL: "http://a.test/x//" }, other: { API_URL: "https://b.test/y" } } });
    expect([...all.values()].map((backend) => [backend.name, backend.API_URL, backend.BACKEND_TZ])).toEqual([
      ["default", "http://a.test/x", "UTC"],
      ["other", "https://b.test/y", "UTC"],
    ]);
  });

  it.each([
    [undefined, "backendConfigs must be an object with at least one backend, usually named default"],
    [{ backendConfigs: { default: { API_URL: "127.0.0.1:8000" } } }, 'backendConfigs.default.API_URL must be a URL like "https://example.com/statezero"'],
    [{ backendConfigs: { default: { ...seed, apiUrl: 1 } } }, "backendConfigs.default.apiUrl is not known; did you mean API_URL?"],
    [{ backendConfigs: { default: { ...seed, BACKEND_TZ: "Mars/Base" } } }, 'backendConfigs.default.BACKEND_TZ must be a time zone like "UTC" or "Europe/Paris"'],
    [{ backendConfigs: { default: { ...seed, events: { type: "pusher" } } } }, "backendConfigs.default.events.pusher.clientOptions must be an object with an appKey"],
    [{ backendConfigs: { default: { ...seed, events: { type: "push" } } } }, 'backendConfigs.default.events.type must be "none" or "pusher" or "portcullis", not "push"'],
    [{ backendConfigs: { default: { ...seed, getAuthHeaders: {} } } }, "backendConfigs.default.getAuthHeaders must be a function that gives headers"],
    [{ backendConfigs: { default: { ...seed, auth: { mode: "session", storage: "local" } } } }, "backendConfigs.default.auth.storage is for tokens; a session's cookie is kept by the browser"],
  ])("says what is wrong: %#", (config, complaint) => {
    expect(problems(config)).toEqual([complaint]);
  });

  it("keeps the earlier one when the next is wrong", async () => {
    setConfig({ backendConfigs: { default: { API_URL: "http://a.test/x" } } });
    expect(() => setConfig({ backendConfigs: {} })).toThrow(ConfigError);
    const { backend } = await import("../src/config.js");
    expect(backend().API_URL).toBe("http://a.test/x");
    expect(() => backend("other")).toThrow('there is no backend "other"; there are: default');
  });
});
