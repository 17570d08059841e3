// Where the server is, and how people log in; then the page.

import { setConfig } from "@portcullis/client";
import { createApp } from "vue";
import { App } from "./app.js";
import { router } from "./router.js";

const elsewhere = document.querySelector<HTMLMetaElement>('meta[name="api"]')?.content;

setConfig({
  backendConfigs: {
    default: {
      API_URL: `${elsewhere || location.origin}/statezero`,
      // Cookies belong to one origin; from another, tokens that are renewed.
      auth: elsewhere ? { mode: "jwt", storage: "local" } : { mode: "session" },
      events: { type: "portcullis" },
      persist: true,
    },
  },
});

createApp(App).use(router).mount("#app");
