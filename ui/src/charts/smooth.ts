/** Smoothing: an exponential moving average whose memory follows the distance on x, not the number of points. */

const RESOLUTION = 250;

/**
 * For evenly spaced points (at most 250 of them) this is the usual debiased average with `weight` on the past; for
 * uneven or denser ones the past decays by `weight` per 1/250 of the range. Gaps (NaN) stay gaps and are passed over.
 */
export function smooth(xs: number[], ys: number[], weight: number): number[] {
  if (weight <= 0 || ys.length < 2) return ys;
  const range = (xs.at(-1) ?? 0) - (xs[0] ?? 0);
  const unit = range / Math.min(RESOLUTION, ys.length - 1);
  let sum = 0;
  let mass = 0;
  let before = xs[0] ?? 0;
  return ys.map((y, i) => {
    if (!Number.isFinite(y)) return NaN;
    const x = xs[i] ?? before;
    const decay = unit > 0 ? weight ** ((x - before) / unit) : weight;
    before = x;
    sum = sum * decay + y;
    mass = mass * decay + 1;
    return sum / mass;
  });
}
