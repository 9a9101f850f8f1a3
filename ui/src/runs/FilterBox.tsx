/** The filter in the API's own grammar: coloured as it is typed, applied on Enter or a pause, its error at its column. */

import { useEffect, useRef, useState } from "react";

import type { ApiError } from "../api/client";
import { Icon } from "../frame/icons";
import { useStable } from "../lib/stable";
import { errorSpan } from "./model";

const PAUSE_MS = 700;
const TOKENS = /('[^']*'?|"[^"]*"?)|(\b(?:and|or|not|in|is|null|like|ilike)\b)|(-?\b\d[\d.]*(?:e[-+]?\d+)?\b)|([=!<>]+)/gi;

interface FilterBoxProps {
  value: string;
  onApply: (value: string) => void;
  error: ApiError | undefined;
}

export function FilterBox({ value, onApply, error }: FilterBoxProps) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const paint = useRef<HTMLSpanElement>(null);
  const [applied, setApplied] = useState(value);
  if (value !== applied) {
    setApplied(value);
    if (value !== text.trim()) setText(value);
  }
  const apply = useStable(onApply);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => apply(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, apply]);
  const follow = () => {
    if (paint.current && input.current) paint.current.style.transform = `translateX(${-input.current.scrollLeft}px)`;
  };
  useEffect(follow);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "Enter") apply(text.trim());
    if (event.key === "Escape") {
      if (text !== value) setText(value);
      else input.current?.blur();
    }
    event.stopPropagation();
  };
  const settled = error && text.trim() === value ? error : undefined;
  const span = settled && spanOf(text, settled);
  return (
    <div className="filter">
      <div className={settled ? "field err" : "field"} onClick={() => input.current?.focus()}>
        <Icon name="code" />
        <span className="query grow">
          <span className="paint" ref={paint} aria-hidden="true">{painted(text, span)}</span>
          <input
            ref={input} data-filter="" value={text} aria-label="Filter runs" placeholder="metrics.loss < 0.5 and params.lr = '0.1'" spellCheck={false} autoComplete="off"
            aria-invalid={settled !== undefined} aria-describedby={settled && "filter-error"}
            onChange={(event) => setText(event.target.value)} onKeyDown={onKeyDown} onScroll={follow} onSelect={follow}
          />
        </span>
        {text ? (
          <button type="button" className="clear" aria-label="Clear the filter" title="Clear" onClick={() => { setText(""); onApply(""); }}><Icon name="x" /></button>
        ) : (
          <kbd className="hide-s">F</kbd>
        )}
      </div>
      {settled && (
        <div className="ferr" id="filter-error" role="alert">
          {span && !/column \d/i.test(settled.message) && <b>Column {span[0] + 1}: </b>}
          {settled.message}
        </div>
      )}
    </div>
  );
}

function spanOf(text: string, error: ApiError): [number, number] | undefined {
  return errorSpan(text, error.column === undefined ? error.message : `column ${error.column}`);
}

/** The text again, in colours, lying under the transparent input. */
function painted(text: string, span: [number, number] | undefined) {
  if (span) {
    const [from, to] = span;
    return <>{colored(text.slice(0, from))}<span className="bad">{text.slice(from, to) || " "}</span>{colored(text.slice(to))}</>;
  }
  return colored(text);
}

function colored(text: string) {
  const parts: React.ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    parts.push(text.slice(end, match.index));
    const kind = match[1] ? "s" : match[2] ? "kw" : match[3] ? "n" : "o";
    parts.push(<span key={match.index} className={kind}>{match[0]}</span>);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}
