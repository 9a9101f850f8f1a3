/** Groups params by what stands before their last dot, when at least two share it. Pure. */

import { naturally } from "../lib/text";
import type { KeyValue } from "../api/types";

export interface ParamGroup {
  prefix: string;
  params: KeyValue[];
}

export function groupParams(params: KeyValue[]): ParamGroup[] {
  const sorted = params.toSorted((a, b) => naturally(a.key, b.key));
  const sizes = new Map<string, number>();
  for (const { key } of sorted) sizes.set(prefixOf(key), (sizes.get(prefixOf(key)) ?? 0) + 1);
  const groups = new Map<string, KeyValue[]>([["", []]]);
  for (const param of sorted) {
    const own = prefixOf(param.key);
    const prefix = (sizes.get(own) ?? 0) > 1 ? own : "";
    groups.set(prefix, [...(groups.get(prefix) ?? []), param]);
  }
  return [...groups].map(([prefix, members]) => ({ prefix, params: members })).filter((group) => group.params.length > 0);
}

const prefixOf = (key: string) => key.slice(0, key.lastIndexOf(".") + 1);
