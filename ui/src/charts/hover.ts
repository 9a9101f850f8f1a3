/** What the pointer means right now, shared by every chart and the list: a place on x, a run. */

import { createStore } from "../lib/store";
import type { XAxis } from "./types";

export interface Hover {
  /** The run to lift out in every chart and in its row. */
  run?: string | undefined;
  x?: number | undefined;
  axis?: XAxis | undefined;
  /** The chart the pointer is in: it moves its own cursor. */
  source?: string | undefined;
}

const NOWHERE: Hover = {};

export const hover = createStore<Hover>(NOWHERE);
export const leave = () => hover.set(NOWHERE);
