/** What a person set, as flat readable text in the query string. */

export type Search = Record<string, string>;

export function parseSearch(text: string): Search {
  const search: Search = {};
  for (const [key, value] of new URLSearchParams(text)) if (value !== "") search[key] = value;
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) if (typeof value === "string" && value !== "") params.set(key, value);
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%7E", "~");
  return text && `?${text}`;
}

/** Keeps the known keys; whatever else stands in the address is dropped. */
export function pick<K extends string>(search: Record<string, unknown>, keys: readonly K[]): Partial<Record<K, string>> {
  const kept: Partial<Record<K, string>> = {};
  for (const key of keys) {
    const value = search[key];
    if (typeof value === "string" && value !== "") kept[key] = value;
  }
  return kept;
}

/** A set of names as one parameter. Names may hold commas, so those are escaped. */
export const joinList = (items: Iterable<string>): string | undefined =>
  [...items].map((item) => item.replaceAll("!", "!!").replaceAll(",", "!c")).join(",") || undefined;

export const splitList = (text: string | undefined): string[] =>
  text === undefined || text === "" ? [] : text.split(",").map((item) => item.replace(/!(!|c)/g, (_, c: string) => (c === "c" ? "," : "!")));

export function toggled(items: string[], item: string): string[] {
  return items.includes(item) ? items.filter((one) => one !== item) : [...items, item];
}

/** MLflow's clients print `/#/experiments/1/runs/abc`: the same page without the hash. */
export function pathOfHash(hash: string): string | undefined {
  return /^#\/(?!\/)/.test(hash) ? hash.slice(1) : undefined;
}
