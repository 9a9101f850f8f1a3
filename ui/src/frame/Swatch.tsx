/** A run's colour: filled when plotted, hollow when not, striped on the palette's second and third turn. */

import { colorVar, type Ink } from "../lib/palette";

export function Swatch({ ink }: { ink: Ink }) {
  return <span className={ink.dash ? `sw d${ink.dash}` : "sw"} style={{ "--c": colorVar(ink.slot) } as React.CSSProperties} aria-hidden="true" />;
}
