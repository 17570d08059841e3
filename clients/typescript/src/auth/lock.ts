/** One at a time over all tabs. */

/** Runs it while no other tab runs something under the same name; it is told whether somebody else had to end first. */
export async function locked<T>(name: string, work: (hasWaited: boolean) => Promise<T>): Promise<T> {
  if (typeof navigator !== "undefined" && navigator.locks) {
    const now = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? { done: await work(false) } : undefined));
    return now ? now.done : ((await navigator.locks.request(name, async () => work(true))) as T);
  }
  return alone(name, () => work(false));
}

const queues = new Map<string, Promise<unknown>>();

/** Where browsers have no locks there is one page, or Node. */
async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(name, mine.catch(() => undefined));
  return mine;
}
