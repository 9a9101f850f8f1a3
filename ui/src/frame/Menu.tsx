/** A button with a floating menu: opens by click or arrow, closes by choice, Escape or a click elsewhere. */

import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

import { Icon } from "./icons";

interface MenuProps {
  label: string;
  className?: string;
  trigger: ReactNode;
  children: (close: () => void) => ReactNode;
  align?: "left" | "right";
}

export function Menu({ label, className = "btn", trigger, children, align = "left" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    button?.focus({ preventScroll: true });
  };
  return (
    <>
      <button
        ref={setButton}
        type="button"
        className={className}
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {trigger}
      </button>
      {open && button && (
        <Floating id={id} label={label} anchor={button} align={align} close={close}>
          {children(close)}
        </Floating>
      )}
    </>
  );
}

interface FloatingProps {
  id: string;
  label: string;
  anchor: HTMLElement;
  align: "left" | "right";
  close: () => void;
  children: ReactNode;
}

function Floating({ id, label, anchor, align, close, children }: FloatingProps) {
  const panel = useRef<HTMLDivElement>(null);
  const dismiss = useRef(close);
  useEffect(() => {
    dismiss.current = close;
  });
  useLayoutEffect(() => {
    if (panel.current) place(panel.current, anchor, align);
  });
  useEffect(() => {
    const first = panel.current?.querySelector<HTMLElement>("input, [aria-checked=true], [role^=menuitem]");
    first?.focus({ preventScroll: true });
    const onPress = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!panel.current?.contains(target) && !anchor.contains(target)) dismiss.current();
    };
    const onResize = () => dismiss.current();
    window.addEventListener("pointerdown", onPress, true);
    window.addEventListener("resize", onResize);
    return () => {
      window.removeEventListener("pointerdown", onPress, true);
      window.removeEventListener("resize", onResize);
    };
  }, [anchor]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(panel.current, event.key === "ArrowDown" ? 1 : -1);
    }
    event.stopPropagation();
  };
  return createPortal(
    <div ref={panel} id={id} className="menu float" role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
      {children}
    </div>,
    document.body,
  );
}

function step(panel: HTMLElement | null, by: number): void {
  const items = [...(panel?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items.at(at < 0 && by < 0 ? -1 : (at + by) % items.length)?.focus();
}

function place(panel: HTMLElement, anchor: HTMLElement, align: "left" | "right"): void {
  const box = anchor.getBoundingClientRect();
  const left = align === "left" ? box.left : box.right - panel.offsetWidth;
  panel.style.left = `${Math.max(8, Math.min(left, innerWidth - panel.offsetWidth - 8))}px`;
  panel.style.top = `${box.bottom + 4}px`;
  panel.style.maxHeight = `${Math.max(160, innerHeight - box.bottom - 16)}px`;
}

interface ItemProps {
  checked?: boolean;
  onSelect: () => void;
  children: ReactNode;
  aside?: ReactNode;
}

export function MenuItem({ checked, onSelect, children, aside }: ItemProps) {
  return (
    <button type="button" className="mi" role={checked === undefined ? "menuitem" : "menuitemradio"} aria-checked={checked} onClick={onSelect}>
      {checked !== undefined && <span className="mark">{checked && <Icon name="check" />}</span>}
      <span className="clip">{children}</span>
      {aside !== undefined && <span className="num">{aside}</span>}
    </button>
  );
}
