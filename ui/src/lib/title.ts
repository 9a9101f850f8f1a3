/** The window's title: what the page shows, then the product. */

import { useEffect } from "react";

export function usePageTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), "Runstone"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
