/** A run's colour: a slot of the palette that never changes, and a dash when two plotted runs share one. */

export const SLOTS = 12;
const DASHES = 3;

export interface Ink {
  /** 1–12, the number of the token `--c<slot>`. */
  slot: number;
  /** 0 solid, 1 and 2 the dashes of the second and third run on the same slot. */
  dash: number;
}

const numbers = new Map<string, number>();

/** Take in the numbers that the store gave to runs, in their order of creation. */
export function learnNumbers(runIds: string[], given: number[]): void {
  runIds.forEach((id, i) => given[i] !== undefined && numbers.set(id, given[i]));
}

export const hasNumber = (runId: string) => numbers.has(runId);

/** By the run's number, so that runs made one after the other differ; by its id where the number is not known. */
export function slotOf(runId: string): number {
  const number = numbers.get(runId);
  return number === undefined ? slotOfId(runId) : ((number - 1) % SLOTS) + 1;
}

/** FNV-1a over the id, its bits mixed once more: the same in every session, browser and page. */
function slotOfId(runId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < runId.length; i++) hash = Math.imul(hash ^ runId.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % SLOTS) + 1;
}

/** Dashes follow age, not row order, so sorting and filtering repaint nothing. */
export function assignInk(plotted: { id: string; started: number }[]): Map<string, Ink> {
  const seen = new Map<number, number>();
  const byAge = plotted.toSorted((a, b) => a.started - b.started || (a.id < b.id ? -1 : 1));
  return new Map(
    byAge.map(({ id }) => {
      const slot = slotOf(id);
      const turn = seen.get(slot) ?? 0;
      seen.set(slot, turn + 1);
      return [id, { slot, dash: turn % DASHES }];
    }),
  );
}

export const colorVar = (slot: number) => `var(--c${slot})`;
