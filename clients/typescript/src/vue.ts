/** Vue's side: lists, numbers and the log-in as refs. */

import { onScopeDispose, readonly, ref, shallowRef, triggerRef, watchEffect, type Ref, type ShallowRef } from "vue";
import { currentUser, onAuthChange, type At, type User } from "./auth/index.js";
import type { LiveMetric } from "./live/metric_store.js";
import type { LiveQueryset } from "./live/list.js";
import { QuerySet } from "./query/queryset.js";

/** The rows of a question, and how far they are. */
export interface QuerysetRef<M> extends ShallowRef<M[]> {
  readonly loading: Readonly<Ref<boolean>>;
  readonly error: Readonly<Ref<Error | undefined>>;
  refetch(): Promise<M[]>;
}

/**
 * Follows the rows of a question, and of another when what it is made of changes:
 * `const orders = useQueryset(() => Order.objects.filter({ state: state.value }))`.
 */
export function useQueryset<M, F extends object>(question: () => QuerySet<M, F> | LiveQueryset<M> | null | undefined): QuerysetRef<M> {
  const rows = shallowRef<M[]>([]);
  const loading = ref(false);
  const error = shallowRef<Error | undefined>();
  let list: LiveQueryset<M> | undefined;
  watchEffect((onCleanup) => {
    const asked = question();
    list = asked instanceof QuerySet ? asked.list() : (asked ?? undefined);
    const current = list;
    const show = (): void => {
      rows.value = current?.snapshot() ?? [];
      loading.value = current?.loading ?? false;
      error.value = current?.error;
    };
    const stop = current?.subscribe(show);
    show();
    onCleanup(() => stop?.());
  });
  return Object.assign(rows, { loading: readonly(loading), error, refetch: async () => (list ? list.refetch() : []) }) as QuerysetRef<M>;
}

/** Follows a number, such as `useMetric(() => Order.objects.count())`. */
export function useMetric<V>(metric: () => LiveMetric<V>): ShallowRef<V | undefined> {
  const value = shallowRef<V | undefined>();
  watchEffect((onCleanup) => {
    const current = metric();
    onCleanup(current.subscribe((now) => (value.value = now)));
    value.value = current.value;
  });
  return value;
}

/** Who is logged in, in step with other tabs; `undefined` until it is known. */
export function useUser(at: At = {}): Readonly<ShallowRef<User | null | undefined>> {
  const user = shallowRef<User | null | undefined>();
  const stop = onAuthChange((change) => {
    if (change.backend !== (at.backend ?? "default")) return;
    user.value = change.user;
    triggerRef(user);
  });
  onScopeDispose(stop);
  // A server in trouble leaves it unknown.
  currentUser(at).then((now) => void (user.value === undefined && (user.value = now)), () => undefined);
  return user;
}
