/** The names that may stand in the address of each page. */

export const CHART_KEYS = ["cq", "smooth", "x", "y", "fold", "zoom", "size", "clip", "card"] as const;
export const WORKSPACE_KEYS = ["tab", "q", "sort", "eye", "on", "off", "shut", ...CHART_KEYS] as const;
export const RUN_KEYS = ["tab", "art", "open", ...CHART_KEYS] as const;

export type ChartSearch = Partial<Record<(typeof CHART_KEYS)[number], string>>;
export type WorkspaceSearch = Partial<Record<(typeof WORKSPACE_KEYS)[number], string>>;
export type RunSearch = Partial<Record<(typeof RUN_KEYS)[number], string>>;

/** Changes a part of the address; `undefined` removes a name. Steps worth going back to are pushed. */
export type Patch<S> = (changes: { [K in keyof S]?: string | undefined }, push?: boolean) => void;
