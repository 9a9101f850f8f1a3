/** While the server is gone: ask for its health, slower and slower, and wake every query when it is back. */

import { useEffect, useState } from "react";

import { send } from "./client";
import { isGone } from "./connection";
import { queryClient } from "./queries";

const FIRST_MS = 1000;
const LONGEST_MS = 8000;

let attempt: () => void = () => undefined;

export function retryNow(): void {
  attempt();
}

async function beat(): Promise<void> {
  try {
    await send("/health");
  } catch {
    return; // still gone: `send` has noted it
  }
  if (!isGone()) await queryClient.invalidateQueries();
}

/** Runs the heartbeat while mounted; answers the seconds until the next try. */
export function useHeartbeat(): number {
  const [left, setLeft] = useState(FIRST_MS / 1000);
  useEffect(() => {
    let wait = FIRST_MS;
    let due = Date.now() + wait;
    attempt = () => {
      wait = Math.min(LONGEST_MS, wait * 1.6);
      due = Date.now() + wait;
      void beat();
    };
    const timer = setInterval(() => {
      if (Date.now() >= due) attempt();
      setLeft(Math.max(0, Math.ceil((due - Date.now()) / 1000)));
    }, 250);
    return () => clearInterval(timer);
  }, []);
  return left;
}
