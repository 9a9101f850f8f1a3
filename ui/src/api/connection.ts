/** Whether the server answers. One store, fed by every request; the frame shows it and queries pause on it. */

import { createStore } from "../lib/store";

export interface Connection {
  /** When the first unanswered request was made; undefined while all is well. */
  goneSince: number | undefined;
  lastAnswer: number | undefined;
}

export const connection = createStore<Connection>({ goneSince: undefined, lastAnswer: undefined });

export function reportAnswer(): void {
  connection.set({ goneSince: undefined, lastAnswer: Date.now() });
}

export function reportSilence(): void {
  const state = connection.get();
  if (state.goneSince === undefined) connection.set({ ...state, goneSince: Date.now() });
}

export function isGone(): boolean {
  return connection.get().goneSince !== undefined;
}
