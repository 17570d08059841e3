// Where one is logged in, and a socket that ends with the log-in.

import { devices, endDevice, logoutEverywhere, logoutOthers, openSocket, type Device } from "@portcullis/client";
import { defineComponent, onUnmounted, ref } from "vue";

export const Account = defineComponent({
  setup() {
    const logins = ref<Device[]>([]);
    const problem = ref("");
    const state = ref("opening");
    const load = async (): Promise<void> => {
      try {
        logins.value = await devices();
      } catch (error) {
        problem.value = (error as Error).message;
      }
    };
    const socket = openSocket("/ws/");
    socket.onState((now) => (state.value = now));
    socket.on("logins_changed", () => void load());
    onUnmounted(() => socket.close());
    void load();
    const then = (work: () => Promise<unknown>) => async (): Promise<void> => {
      await work().catch((error: Error) => (problem.value = error.message));
      await load();
    };
    return {
      logins, problem, state,
      end: (id: number) => then(() => endDevice(id))(),
      others: then(() => logoutOthers()),
      all: () => logoutEverywhere(),
    };
  },
  template: `
    <h1>Account</h1>
    <p class="quiet">Socket: <span id="socket">{{ state }}</span></p>
    <p v-if="problem" role="alert">{{ problem }}</p>
    <ul id="devices">
      <li v-for="login in logins" :key="login.id">
        <span>{{ login.device || "unnamed" }} <span class="quiet">{{ login.scheme }}{{ login.current ? ", this one" : "" }}</span></span>
        <button v-if="!login.current" type="button" @click="end(login.id)">End</button>
      </li>
    </ul>
    <button type="button" @click="others">Log out the others</button>
    <button type="button" @click="all">Log out everywhere</button>`,
});
