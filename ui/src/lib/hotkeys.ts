/** Single-key shortcuts of a page: silent while a person types into a field. */

import { useEffect, useRef } from "react";

/** What each key does; an action that answers `false` leaves the key to others. */
export type Keymap = Record<string, () => unknown>;

export function useHotkeys(keymap: Keymap): void {
  const current = useRef(keymap);
  useEffect(() => {
    current.current = keymap;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOthers(event)) return;
      const action = current.current[event.key] ?? current.current[event.key.toLowerCase()];
      if (action && action() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

/** Keys that belong to what has the focus: text in a field, a press of a button, the arrows of a slider. */
function isOthers(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (isTyping(target)) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[role=menu], dialog")) return true;
  if (key === " " || key === "Enter") return target.closest("button, a, input, summary") !== null;
  return key.startsWith("Arrow") && target instanceof HTMLInputElement;
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["range", "checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}
