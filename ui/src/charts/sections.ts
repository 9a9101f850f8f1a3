/** Groups metric keys into sections by their prefix, own names first, the machine's figures last. Pure. */

import { naturally, searchPattern, splitKey } from "../lib/text";

export interface Section {
  /** `train/`, or empty for keys without a slash. */
  prefix: string;
  keys: string[];
}

export function sectionsOf(keys: string[], query: string): Section[] {
  const pattern = query ? searchPattern(query) : undefined;
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    if (pattern && !pattern.test(key)) continue;
    const [prefix] = splitKey(key);
    groups.set(prefix, [...(groups.get(prefix) ?? []), key]);
  }
  return [...groups]
    .map(([prefix, members]) => ({ prefix, keys: members.toSorted(naturally) }))
    .toSorted((a, b) => place(a.prefix) - place(b.prefix) || naturally(a.prefix, b.prefix));
}

const place = (prefix: string) => (prefix === "" ? 0 : prefix.startsWith("system/") ? 2 : 1);
