/** React's side: lists, numbers and the log-in as hooks. */

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore, type DependencyList } from "react";
import { currentUser, onAuthChange, type At, type User } from "./auth/index.js";
import type { LiveMetric } from "./live/metric_store.js";
import type { LiveQueryset } from "./live/list.js";
import { QuerySet } from "./query/queryset.js";

/** The rows of a question, and how far they are. */
export interface QuerysetState<M> {
  rows: M[];
  loading: boolean;
  error: Error | undefined;
  refetch(): Promise<M[]>;
}

/** Follows the rows of a question; `dependencies` are what it is made of, as with `useMemo`. */
export function useQueryset<M, F extends object>(question: () => QuerySet<M, F> | LiveQueryset<M>, dependencies: DependencyList): QuerysetState<M> {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what it is made of
  const list = useMemo(() => {
    const asked = question();
    return { live: asked instanceof QuerySet ? asked.list() : asked };
  }, dependencies);
  const subscribe = useCallback((changed: () => void) => list.live.subscribe(changed), [list]);
  const empty = useMemo<M[]>(() => [], []);
  const rows = useSyncExternalStore(subscribe, () => list.live.snapshot(), () => empty);
  const loading = useSyncExternalStore(subscribe, () => list.live.loading, () => true);
  const error = useSyncExternalStore(subscribe, () => list.live.error, () => undefined);
  return { rows, loading, error, refetch: () => list.live.refetch() };
}

/** Follows a number, such as `useMetric(() => Order.objects.count(), [])`. */
export function useMetric<V>(metric: () => LiveMetric<V>, dependencies: DependencyList): V | undefined {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what it is made of
  const held = useMemo(() => ({ live: metric() }), dependencies);
  const subscribe = useCallback((changed: () => void) => held.live.subscribe(changed), [held]);
  return useSyncExternalStore(subscribe, () => held.live.value, () => undefined);
}

/** Who is logged in, in step with other tabs; `undefined` until it is known. */
export function useUser(at: At = {}): User | null | undefined {
  const { backend = "default" } = at;
  const [user, setUser] = useState<User | null | undefined>();
  useEffect(() => {
    let isOver = false;
    const stop = onAuthChange((change) => {
      if (change.backend === backend) setUser(change.user);
    });
    // A server in trouble leaves it unknown.
    currentUser({ backend }).then((now) => {
      if (!isOver) setUser((known) => (known === undefined ? now : known));
    }, () => undefined);
    return () => {
      isOver = true;
      stop();
    };
  }, [backend]);
  return user;
}
