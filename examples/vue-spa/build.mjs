// Bundles the page into dist/.
import { cpSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["src/main.ts"],
  outfile: "dist/main.js",
  bundle: true,
  format: "esm",
  target: "es2022",
  alias: { vue: "vue/dist/vue.esm-bundler.js" },
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
});
for (const name of ["index.html", "style.css"]) cpSync(name, `dist/${name}`);
