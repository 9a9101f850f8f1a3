"""Looking at a canvas."""

from playwright.sync_api import Locator, Page

INKED = """canvas => {
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const ctx = copy.getContext('2d', { willReadFrequently: true });
  ctx.drawImage(canvas, 0, 0);
  const { data } = ctx.getImageData(0, 0, copy.width, copy.height);
  const inks = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = data.slice(i, i + 4);
    if (a < 200 || Math.max(r, g, b) - Math.min(r, g, b) < 40) continue;
    const ink = [r, g, b].map(part => part >> 4).join();
    inks.set(ink, (inks.get(ink) ?? 0) + 1);
  }
  return [...inks.values()].filter(pixels => pixels > 80).length;
}"""
"""How many clearly coloured inks a canvas shows; greys, and the shades at the edges of lines, are not counted."""


def wait_for_inks(page: Page, canvas: Locator, wanted: int) -> None:
    """Wait until the chart shows so many colours: one for each run that is drawn."""
    page.wait_for_function(
        f"([canvas, wanted]) => ({INKED})(canvas) === wanted", arg=[canvas.element_handle(), wanted]
    )
