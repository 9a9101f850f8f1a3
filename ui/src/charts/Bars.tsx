/** A metric with one point per run: a bar for each, in the list's order. */

import { Name } from "../frame/Name";
import { Swatch } from "../frame/Swatch";
import { columnFormat } from "../lib/format";
import { colorVar } from "../lib/palette";
import { useStore } from "../lib/store";
import { hover, leave } from "./hover";
import type { Bar } from "./types";

export function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const finite = bars.map((bar) => bar.value).filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  const span = high - low || 1;
  const format = columnFormat(finite);
  const lifted = useStore(hover, (state) => state.run);
  const isHere = bars.some((bar) => bar.run.id === lifted);
  return (
    <ul className={bars.length === 1 ? "bars one" : "bars"} aria-label={label}>
      {bars.map(({ run, value }) => {
        const ends = Number.isFinite(value) ? [Math.min(0, value), Math.max(0, value)] : [0, 0];
        const style = {
          "--c": colorVar(run.ink.slot),
          "--from": `${((ends[0] ?? 0) - low) / span}`,
          "--size": `${((ends[1] ?? 0) - (ends[0] ?? 0)) / span}`,
        } as React.CSSProperties;
        const faded = isHere && lifted !== run.id ? "bar faded" : "bar";
        return (
          <li key={run.id} className={faded} style={style} onMouseEnter={() => hover.set({ run: run.id })} onMouseLeave={leave}>
            <span className="who"><Swatch ink={run.ink} /><Name text={run.name} /></span>
            {bars.length > 1 && <span className="track"><span className="fill" /></span>}
            <span className="num">{format(value)}</span>
          </li>
        );
      })}
    </ul>
  );
}
