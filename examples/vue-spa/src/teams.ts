// A live list: what others do appears, what one does oneself is there at once.

import { useMetric, useQueryset } from "@portcullis/client/vue";
import { computed, defineComponent, ref } from "vue";
import { Group } from "./models/index.js";

export const Teams = defineComponent({
  setup() {
    const word = ref("");
    const name = ref("");
    const problem = ref("");
    const teams = useQueryset(() => {
      const all = Group.objects.orderBy("id");
      return word.value ? all.filter({ name__icontains: word.value }) : all;
    });
    const count = useMetric(() => Group.objects.count());
    const tried = async (work: () => Promise<unknown>): Promise<void> => {
      problem.value = "";
      try {
        await work();
      } catch (error) {
        problem.value = (error as Error).message;
      }
    };
    return {
      word, name, problem, teams, count,
      error: computed(() => teams.error.value?.message),
      add: () => tried(async () => {
        const wanted = name.value;
        name.value = "";
        await Group.objects.create({ name: wanted });
      }),
      rename: (team: Group) => tried(async () => {
        const wanted = prompt("Name", team.name);
        if (wanted) await team.update({ name: wanted });
      }),
      remove: (team: Group) => tried(() => team.delete()),
    };
  },
  template: `
    <h1>Teams</h1>
    <p class="quiet" role="status"><span id="count">{{ count ?? "…" }}</span> in all<span v-if="error" id="offline">; not up to date: {{ error }}</span></p>
    <label>Find <input v-model.trim="word" name="find" type="search"></label>
    <p v-if="problem" role="alert">{{ problem }}</p>
    <ul id="teams" aria-live="polite">
      <li v-for="team in teams" :key="team.pk" :class="{ pending: team.isPending }">
        <span>{{ team.name }}</span>
        <button type="button" :aria-label="'Rename ' + team.name" @click="rename(team)">Rename</button>
        <button type="button" :aria-label="'Delete ' + team.name" @click="remove(team)">Delete</button>
      </li>
      <li v-if="teams.length === 0"><span class="quiet">None.</span></li>
    </ul>
    <form class="row" @submit.prevent="add">
      <input v-model.trim="name" name="name" aria-label="New team" placeholder="New team" maxlength="150" required>
      <button class="primary">Add</button>
    </form>`,
});
