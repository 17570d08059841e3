// Who may see which page.

import { currentUser, NotAuthenticated, onAuthChange } from "@portcullis/client";
import { createRouter, createWebHistory } from "vue-router";
import { Account } from "./account.js";
import { Login } from "./login.js";
import { Teams } from "./teams.js";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", redirect: "/teams" },
    { path: "/login", component: Login },
    { path: "/teams", component: Teams, meta: { guarded: true } },
    { path: "/account", component: Account, meta: { guarded: true } },
  ],
});

/** Whether somebody is logged in; asked once, and told of changes afterwards. */
let isSomebody: boolean | undefined;

router.beforeEach(async (to) => {
  if (!to.meta["guarded"]) return true;
  try {
    isSomebody ??= (await currentUser()) !== null;
  } catch (error) {
    // A server in trouble logs nobody out: the page shows what it knows.
    if (!(error instanceof NotAuthenticated)) return true;
    isSomebody = false;
  }
  return isSomebody || { path: "/login", query: { next: to.fullPath } };
});

onAuthChange(({ user }) => {
  isSomebody = user !== null;
  const { meta, fullPath, path, query } = router.currentRoute.value;
  if (!user && meta["guarded"]) void router.push({ path: "/login", query: { next: fullPath } });
  if (user && path === "/login") void router.push(typeof query["next"] === "string" && query["next"].startsWith("/") ? query["next"] : "/teams");
});
