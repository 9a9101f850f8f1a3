/** Whether an element is in, or near, the visible part of its scrolled area. */

import { type RefObject, useEffect, useState } from "react";

const NEAR = "320px 0px";

const observers = new WeakMap<Element, IntersectionObserver>();
const listeners = new WeakMap<Element, (visible: boolean) => void>();

function observerOf(area: Element): IntersectionObserver {
  let observer = observers.get(area);
  if (!observer) {
    observer = new IntersectionObserver(
      (entries) => entries.forEach((entry) => listeners.get(entry.target)?.(entry.isIntersecting)),
      { root: area, rootMargin: NEAR },
    );
    observers.set(area, observer);
  }
  return observer;
}

export function useVisible(ref: RefObject<Element | null>): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const element = ref.current;
    const area = element?.closest(".scroll");
    if (!element || !area) return undefined;
    listeners.set(element, setVisible);
    const observer = observerOf(area);
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [ref]);
  return visible;
}
