/** A callback whose identity never changes and that always runs the newest version. For event handlers only. */

import { useCallback, useEffect, useRef } from "react";

export function useStable<A extends unknown[], R>(callback: (...args: A) => R): (...args: A) => R {
  const current = useRef(callback);
  useEffect(() => {
    current.current = callback;
  });
  return useCallback((...args: A) => current.current(...args), []);
}
