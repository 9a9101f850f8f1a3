/** The floors that the tokens promise: contrast of text on every surface, distance of the palette's colours. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

type Triple = [number, number, number];

const NUM = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`;
const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8").replaceAll("oklch(1 0 0)", "oklch(1.0 0.0 0)");
const tokens = new Map(
  [...css.matchAll(new RegExp(String.raw`--([\w-]+):\s*light-dark\(${NUM},\s*${NUM}\)`, "g"))].map(([, name = "", ...parts]) => {
    const numbers = parts.map(Number);
    return [name, [numbers.slice(0, 3), numbers.slice(3)] as [Triple, Triple]];
  }),
);

// Machado, Oliveira and Fernandes 2009, severity 1.0.
const VISION: Record<string, Triple[]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

const dot = (matrix: Triple[], v: number[]) => matrix.map((row) => row.reduce((sum, x, i) => sum + x * (v[i] ?? 0), 0));
const clamp = (v: number[]) => v.map((x) => Math.min(1, Math.max(0, x)));

function linear([lightness, chroma, hue]: Triple): number[] {
  const h = (hue * Math.PI) / 180;
  const lab: Triple[] = [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]];
  const rgb: Triple[] = [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]];
  return clamp(dot(rgb, dot(lab, [lightness, chroma * Math.cos(h), chroma * Math.sin(h)]).map((x) => x ** 3)));
}

function oklab(rgb: number[]): number[] {
  const lms: Triple[] = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]];
  const lab: Triple[] = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]];
  return dot(lab, dot(lms, clamp(rgb)).map(Math.cbrt));
}

const luminance = (color: Triple) => linear(color).reduce((sum, x, i) => sum + x * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);

function contrast(a: Triple, b: Triple): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function token(name: string, theme: number): Triple {
  const found = tokens.get(name)?.[theme];
  if (!found) throw new Error(`tokens.css has no --${name}`);
  return found;
}

const PALETTE = Array.from({ length: 12 }, (_, i) => `c${i + 1}`);
const CONTRASTS: [names: string, grounds: string, floor: number][] = [
  ["ink ink-2 ink-3 link ch-tick fail kill run good bad code-key code-str code-num", "bg surface raised sunken select link-hl", 4.5],
  ["ink ink-2 code-key code-str code-num", "add-bg del-bg add-mark del-mark mark fail-bg kill-bg", 4.5],
  ["on-solid", "ink-solid", 4.5],
  // A finished run's tick is a shape beside its name; shapes need 3:1.
  ["done", "bg surface raised sunken select link-hl", 3],
  [`focus select-edge line-ctl ${PALETTE.join(" ")}`, "bg surface raised", 3],
];

test.each([["light", 0], ["dark", 1]] as const)("text and shapes have their contrast in the %s theme", (_, theme) => {
  const low = CONTRASTS.flatMap(([names, grounds, floor]) =>
    names.split(" ").flatMap((name) =>
      grounds.split(" ").flatMap((ground) => {
        const found = contrast(token(name, theme), token(ground, theme));
        return found < floor ? [`${name} on ${ground}: ${found.toFixed(2)} < ${floor}`] : [];
      }),
    ),
  );
  expect(low).toEqual([]);
});

test.each([["light", 0], ["dark", 1]] as const)("any two run colours differ for every eye in the %s theme", (_, theme) => {
  const colors = PALETTE.map((name) => linear(token(name, theme)));
  for (const [vision, matrix] of Object.entries(VISION)) {
    const seen = colors.map((color) => oklab(dot(matrix, color)));
    seen.forEach((a, i) =>
      seen.slice(i + 1).forEach((b, j) => {
        const distance = 100 * Math.hypot(...a.map((x, k) => x - (b[k] ?? 0)));
        const floor = i + 1 + j < 8 ? 8 : 5;
        expect(distance, `${vision}: c${i + 1} and c${i + j + 2}`).toBeGreaterThanOrEqual(floor);
      }),
    );
  }
});
