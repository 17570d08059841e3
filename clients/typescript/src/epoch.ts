/** Whose page it is: a number that changes with the user, and ends what was begun for the one before. */

import { ResetError } from "./errors.js";

let controller = new AbortController();
let number = 0;
const undoers = new Set<() => void | Promise<void>>();

/** What a piece of work belongs to. */
export interface Epoch {
  readonly number: number;
  readonly signal: AbortSignal;
}

/** The epoch that holds now. */
export function epoch(): Epoch {
  return { number, signal: controller.signal };
}

/** @throws {@link ResetError} when the user changed since. */
export function mustBe(begun: Epoch): void {
  if (begun.number !== number) throw new ResetError();
}

/** What has to be forgotten with the user; the returned function takes the registration back. */
export function onReset(undo: () => void | Promise<void>): () => void {
  undoers.add(undo);
  return () => undoers.delete(undo);
}

const waiting = new Set<() => void>();

/** Does it when everything is forgotten: whoever asks anew does not meet what is still on its way out. */
export function onceClean(goOn: () => void): void {
  waiting.add(goOn);
}

/** Ends the epoch: requests under way are given up, and everything that registered forgets. */
export async function endEpoch(): Promise<void> {
  const old = controller;
  controller = new AbortController();
  number += 1;
  old.abort(new ResetError());
  // The first failure is told when all the others have forgotten.
  const ends = await Promise.allSettled([...undoers].map(async (undo) => undo()));
  setTimeout(() => {
    const all = [...waiting];
    waiting.clear();
    for (const goOn of all) goOn();
  });
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}
