/** A run's state as a shape; the hue only repeats it. */

import type { RunStatus } from "../api/types";

const SHAPES: Record<RunStatus, React.ReactNode> = {
  RUNNING: <><circle className="halo" cx="6" cy="6" r="5.6" /><circle cx="6" cy="6" r="3.2" fill="currentColor" /></>,
  FINISHED: <path d="m2.8 6.3 2.2 2.2 4.2-4.7" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  FAILED: <path d="m3 3 6 6m0-6-6 6" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />,
  KILLED: <rect x="3" y="3" width="6" height="6" rx="1" fill="currentColor" />,
  SCHEDULED: <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.4" />,
};

export const stateName = (status: RunStatus) => status.charAt(0) + status.slice(1).toLowerCase();

export function StateMark({ status }: { status: RunStatus }) {
  const name = stateName(status);
  return (
    <svg className={`st ${status.toLowerCase()}`} viewBox="0 0 12 12" role="img" aria-label={name}>
      <title>{name}</title>
      {SHAPES[status] ?? SHAPES.SCHEDULED}
    </svg>
  );
}
