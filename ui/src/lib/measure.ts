/** Measures of the tokens that a script must know too. */

export function rowHeight(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row-h")) || 28;
}
