/**
 * How long to wait before something is tried again, in milliseconds: longer each time, 45 seconds at most, and
 * not as long on every page.
 */
export function backOff(tries: number): number {
  return Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random());
}
