/** Splits a long name so that its tail, which tells runs apart, is never clipped. */
export function splitTail(name: string, tail = 10): [head: string, tail: string] {
  if (name.length <= tail + SHORTEST_HEAD || RIGHT_TO_LEFT.test(name)) return [name, ""];
  const characters = [...GRAPHEMES.segment(name)].map((part) => part.segment);
  if (characters.length <= tail + SHORTEST_HEAD) return [name, ""];
  return [characters.slice(0, -tail).join(""), characters.slice(-tail).join("")];
}

const SHORTEST_HEAD = 4;
const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/** `train/loss` as its folder `train/` and its name `loss`. */
export function splitKey(key: string): [prefix: string, name: string] {
  const slash = key.lastIndexOf("/");
  return [key.slice(0, slash + 1), key.slice(slash + 1)];
}

/** Orders names as people count: `b2` before `b10`. */
export const naturally = (a: string, b: string): number => COLLATOR.compare(a, b) || (a < b ? -1 : 1);

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** A regular expression typed by a person: case-insensitive, and taken literally while it is not valid yet. */
export function searchPattern(text: string): RegExp {
  return compiled(text) ?? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
}

export const isPattern = (text: string): boolean => compiled(text) !== undefined;

function compiled(text: string): RegExp | undefined {
  try {
    return new RegExp(text, "i");
  } catch {
    return undefined; // half-typed: the caller decides what that means
  }
}
