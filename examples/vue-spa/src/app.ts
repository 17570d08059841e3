// The frame around the pages.

import { logout } from "@portcullis/client";
import { useUser } from "@portcullis/client/vue";
import { defineComponent } from "vue";

export const App = defineComponent({
  setup() {
    return { user: useUser(), logout: () => logout() };
  },
  template: `
    <header>
      <strong>Teams</strong>
      <template v-if="user">
        <nav><router-link to="/teams">Teams</router-link> · <router-link to="/account">Account</router-link></nav>
        <span id="who">{{ user.email }}</span>
        <button type="button" @click="logout">Log out</button>
      </template>
    </header>
    <main><router-view /></main>`,
});
