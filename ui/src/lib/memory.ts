/** What the browser may forget: places to come back to, and the width of the pane. */

/** The last view of an experiment, so that the way back from a run leads to it. */
export function rememberView(experimentId: string, search: string): void {
  sessionStorage.setItem(`runstone:view:${experimentId}`, search);
}

export const lastView = (experimentId: string): string => sessionStorage.getItem(`runstone:view:${experimentId}`) ?? "";

/** The order in which runs were last listed, for the previous and next keys. */
export function rememberOrder(experimentId: string, ids: string[]): void {
  sessionStorage.setItem(`runstone:order:${experimentId}`, ids.slice(0, 1000).join());
}

export function lastOrder(experimentId: string): string[] | undefined {
  return sessionStorage.getItem(`runstone:order:${experimentId}`)?.split(",");
}

const PANE = "runstone:pane";

export const paneWidth = (): number | undefined => Number(localStorage.getItem(PANE)) || undefined;
export const setPaneWidth = (width: number): void => localStorage.setItem(PANE, String(width));
