/** Small parts that several pages share. */

import { type ReactNode, useState } from "react";

import { Icon } from "./icons";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <button type="button" className="ib" title={copied ? "Copied" : label} aria-label={copied ? "Copied" : label} onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}

/** A thin bar over what is being read anew; nothing under it moves or fades. */
export function Progress({ busy }: { busy: boolean }) {
  return <div className={busy ? "progress busy" : "progress"} role="progressbar" aria-label="Loading" aria-hidden={!busy} />;
}

export function Message({ kind, children }: { kind: "warn" | "bad"; children: ReactNode }) {
  return (
    <div className={`msg ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <Icon name="warn" />
      <p className="grow">{children}</p>
    </div>
  );
}

interface SearchFieldProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  hotkey?: string;
  inputRef?: React.Ref<HTMLInputElement>;
  invalid?: boolean;
  onKeyDown?: (event: React.KeyboardEvent) => void;
}

export function SearchField({ value, onChange, label, hotkey, inputRef, invalid, onKeyDown }: SearchFieldProps) {
  const onKey = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") {
      if (value) onChange("");
      else event.currentTarget.blur();
      event.stopPropagation();
    }
    onKeyDown?.(event);
  };
  return (
    <label className={invalid ? "field err" : "field"}>
      <Icon name="search" />
      <input ref={inputRef} value={value} placeholder={label} aria-label={label} spellCheck={false} autoComplete="off" onChange={(event) => onChange(event.target.value)} onKeyDown={onKey} />
      {hotkey && !value && <kbd className="hide-s">{hotkey}</kbd>}
    </label>
  );
}

function wordClass(part: string): string {
  if (part.startsWith('"')) return "s";
  return /^\d/.test(part) ? "n" : "kw";
}

/** Python with the little colouring that tells words, texts and numbers apart. */
export function Python({ code }: { code: string }) {
  const parts = code.split(/(\b(?:import|as|with|from)\b|"(?:[^"\\]|\\.)*"|\b\d[\d.]*\b)/);
  return (
    <pre className="snippet">
      <code>{parts.map((part, i) => (i % 2 ? <span key={i} className={wordClass(part)}>{part}</span> : part))}</code>
      <CopyButton text={code} label="Copy these lines" />
    </pre>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
