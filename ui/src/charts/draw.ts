/** Strokes the lines of a chart onto a canvas: ghosts, gaps, dashes, markers, live ends. */

import type { ChartColors } from "./colors";
import type { Line, LinesModel, MarkerKind } from "./types";

/** Plot area in canvas pixels, and the maps into it. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number;
  x: (value: number) => number;
  y: (value: number) => number;
}

const DASHES: number[][] = [[], [6, 3], [2, 2.5]];
const MARKED = 400;

export function drawLines(ctx: CanvasRenderingContext2D, frame: Frame, model: LinesModel, colors: ChartColors, strong: string | undefined): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left - 2 * frame.ratio, frame.top - 6 * frame.ratio, frame.width + 8 * frame.ratio, frame.height + 7 * frame.ratio);
  ctx.clip();
  ctx.lineJoin = "round";
  const lifted = model.lines.some((line) => line.run.id === strong) ? strong : undefined;
  // The first row of the list lies on top, the lifted line above all.
  const order = model.lines.toReversed().toSorted((a, b) => Number(a.run.id === lifted) - Number(b.run.id === lifted));
  for (const line of order) drawLine(ctx, frame, line, model, colors, lifted);
  ctx.restore();
  for (const line of order) drawMarkers(ctx, frame, line, colors);
  ctx.globalAlpha = 1;
}

function drawLine(ctx: CanvasRenderingContext2D, frame: Frame, line: Line, model: LinesModel, colors: ChartColors, lifted: string | undefined): void {
  const color = colors.run[line.run.ink.slot] ?? colors.axis;
  const isStrong = line.run.id === lifted;
  const faded = lifted !== undefined && !isStrong;
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  if (model.smoothed) {
    ctx.globalAlpha = colors.ghost * (faded ? 0.4 : 1);
    ctx.lineWidth = frame.ratio;
    strokeValues(ctx, frame, line.xs, line.raw);
  }
  ctx.globalAlpha = faded ? colors.fade : 1;
  ctx.lineWidth = (isStrong ? colors.strong : colors.line) * frame.ratio;
  ctx.setLineDash((DASHES[line.run.ink.dash] ?? []).map((part) => part * frame.ratio));
  strokeValues(ctx, frame, line.xs, line.smooth);
  ctx.setLineDash([]);
  if (line.live) drawEnd(ctx, frame, line);
}

/** Consecutive finite values as one stroke; a lone one between gaps as a dot. */
function strokeValues(ctx: CanvasRenderingContext2D, frame: Frame, xs: number[], ys: number[]): void {
  const low = frame.top - 4000;
  const high = frame.top + frame.height + 4000;
  const dots: [number, number][] = [];
  let length = 0;
  let [px, py] = [0, 0];
  ctx.beginPath();
  for (let i = 0; i <= ys.length; i++) {
    const value = ys[i] ?? NaN;
    if (Number.isNaN(value)) {
      if (length === 1) dots.push([px, py]);
      length = 0;
      continue;
    }
    px = frame.x(xs[i] ?? 0);
    py = Math.max(low, Math.min(high, frame.y(value)));
    if (length++ === 0) ctx.moveTo(px, py);
    else ctx.lineTo(px, py);
  }
  ctx.stroke();
  for (const [x, y] of dots) disc(ctx, x, y, Math.max(1.5, ctx.lineWidth * 1.1));
}

function disc(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

function drawEnd(ctx: CanvasRenderingContext2D, frame: Frame, line: Line): void {
  const last = line.smooth.findLastIndex((value) => !Number.isNaN(value));
  if (last < 0) return;
  const [x, y] = [frame.x(line.xs[last] ?? 0), frame.y(line.smooth[last] ?? 0)];
  const alpha = ctx.globalAlpha;
  ctx.globalAlpha = alpha * 0.25;
  disc(ctx, x, y, 5.5 * frame.ratio);
  ctx.globalAlpha = alpha;
  disc(ctx, x, y, 2.75 * frame.ratio);
}

/** What has no place on y: × under the axis for NaN, ▲ and ▼ at the edges for the infinities. */
function drawMarkers(ctx: CanvasRenderingContext2D, frame: Frame, line: Line, colors: ChartColors): void {
  const color = colors.run[line.run.ink.slot] ?? colors.axis;
  const spacing = Math.max(1, Math.ceil(line.markers.length / MARKED));
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = 1.4 * frame.ratio;
  line.markers.forEach((marker, i) => {
    if (i % spacing !== 0) return;
    const x = frame.x(marker.x);
    if (x >= frame.left - 1 && x <= frame.left + frame.width + 1) drawMarker(ctx, frame, marker.kind, x);
  });
}

function drawMarker(ctx: CanvasRenderingContext2D, frame: Frame, kind: MarkerKind, x: number): void {
  const size = 2.8 * frame.ratio;
  ctx.beginPath();
  if (kind === "nan") {
    const y = frame.top + frame.height + 7 * frame.ratio;
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
    ctx.stroke();
    return;
  }
  const y = kind === "up" ? frame.top + 1 : frame.top + frame.height - 1;
  const tip = kind === "up" ? -1.4 * size : 1.4 * size;
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x + 1.4 * size, y - tip);
  ctx.lineTo(x - 1.4 * size, y - tip);
  ctx.fill();
}
