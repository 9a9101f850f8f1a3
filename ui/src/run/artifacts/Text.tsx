/** Text as it is; JSON set in lines and lightly coloured. */

import { useMemo } from "react";

const COLORED = 200_000;
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/g;

export function Text({ source, json }: { source: string; json: boolean }) {
  const text = useMemo(() => (json ? indented(source) : source), [source, json]);
  return <pre className="code" tabIndex={0}>{json && text.length < COLORED ? colored(text) : text}</pre>;
}

function indented(source: string): string {
  try {
    return JSON.stringify(JSON.parse(source), null, 2);
  } catch {
    return source; // not JSON after all: shown as it is
  }
}

function colored(text: string): React.ReactNode[] {
  const parts: React.ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [all, string, colon, word] = match;
    const kind = string ? (colon ? "k" : "s") : word ? "kw" : "n";
    parts.push(text.slice(end, match.index), <span key={match.index} className={kind}>{string ?? all}</span>, colon ?? "");
    end = match.index + all.length;
  }
  return [...parts, text.slice(end)];
}
