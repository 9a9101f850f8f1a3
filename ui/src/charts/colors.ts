/** The tokens as colours a canvas understands, read once per theme. */

import { SLOTS } from "../lib/palette";

export interface ChartColors {
  run: string[];
  grid: string;
  axis: string;
  tick: string;
  surface: string;
  font: string;
  fade: number;
  ghost: number;
  line: number;
  strong: number;
}

const cache = new Map<string, ChartColors>();

export function chartColors(theme: string): ChartColors {
  let colors = cache.get(theme);
  if (!colors) {
    colors = read();
    cache.set(theme, colors);
  }
  return colors;
}

function read(): ChartColors {
  const probe = document.body.appendChild(document.createElement("i"));
  const color = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const root = getComputedStyle(document.documentElement);
  const figure = (token: string) => Number.parseFloat(root.getPropertyValue(`--${token}`));
  const colors = {
    run: Array.from({ length: SLOTS + 1 }, (_, slot) => (slot ? color(`c${slot}`) : "")),
    grid: color("ch-grid"), axis: color("ch-axis"), tick: color("ch-tick"), surface: color("surface"),
    font: `10.5px ${getComputedStyle(document.body).fontFamily}`,
    fade: figure("ch-fade"), ghost: figure("ch-ghost"), line: figure("ch-line"), strong: figure("ch-line-hl"),
  };
  probe.remove();
  return colors;
}
