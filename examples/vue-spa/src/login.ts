// The log-in page, with a second step for those who have a second factor.

import { login, SecondFactorNeeded, signup, type User } from "@portcullis/client";
import { defineComponent, reactive, ref, shallowRef } from "vue";

export const Login = defineComponent({
  setup() {
    const fields = reactive({ email: "", password: "", code: "" });
    const problem = ref("");
    const isBusy = ref(false);
    const waiting = shallowRef<SecondFactorNeeded<User> | undefined>();
    const enter = async (work: () => Promise<unknown>): Promise<void> => {
      isBusy.value = true;
      problem.value = "";
      try {
        await work();
      } catch (error) {
        if (error instanceof SecondFactorNeeded) waiting.value = error as SecondFactorNeeded<User>;
        else problem.value = (error as Error).message;
      } finally {
        isBusy.value = false;
      }
    };
    return {
      fields, problem, isBusy, waiting,
      logIn: () => enter(() => (waiting.value ? waiting.value.confirm(fields.code) : login({ email: fields.email, password: fields.password }))),
      signUp: () => enter(() => signup({ email: fields.email, password: fields.password })),
    };
  },
  template: `
    <h1>Log in</h1>
    <form @submit.prevent="logIn">
      <template v-if="!waiting">
        <label>E-mail <input v-model="fields.email" name="email" type="email" autocomplete="username" required></label>
        <label>Password <input v-model="fields.password" name="password" type="password" autocomplete="current-password" required></label>
      </template>
      <label v-else>Code of your app <input v-model="fields.code" name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
      <p v-if="problem" role="alert">{{ problem }}</p>
      <button class="primary" :disabled="isBusy">Log in</button>
      <button v-if="!waiting" type="button" :disabled="isBusy" @click="signUp">Sign up</button>
    </form>`,
});
