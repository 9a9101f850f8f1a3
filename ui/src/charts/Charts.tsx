/** Every metric as a card, in sections by prefix, with the tools that apply to all of them. */

import { useMemo, useRef } from "react";

import { Icon } from "../frame/icons";
import { Empty } from "../frame/bits";
import { useHotkeys } from "../lib/hotkeys";
import { count } from "../lib/format";
import { useStable } from "../lib/stable";
import { joinList, toggled } from "../lib/url";
import type { ChartSearch, Patch } from "../lib/view";
import { Card } from "./Card";
import { sectionsOf } from "./sections";
import { axisParam, chartSettings, formatZoom, nextAxis } from "./settings";
import { Toolbar } from "./Toolbar";
import type { ChartRun, Range } from "./types";

interface ChartsProps {
  keys: string[];
  runs: ChartRun[];
  search: ChartSearch;
  patch: Patch<ChartSearch>;
  /** What to say when no run is plotted. */
  hint: string;
}

export function Charts({ keys, runs, search, patch, hint }: ChartsProps) {
  const { cq, smooth, x, y, fold, zoom, size, clip } = search;
  const settings = useMemo(
    () => chartSettings({ cq, smooth, x, y, fold, zoom, size, clip }),
    [cq, smooth, x, y, fold, zoom, size, clip],
  );
  const sections = useMemo(() => sectionsOf(keys, settings.query), [keys, settings.query]);
  const onZoom = useStable((range: Range | undefined) => patch({ zoom: range && formatZoom(range) }, true));
  const query = useRef<HTMLInputElement>(null);
  useHotkeys({
    "/": () => query.current?.focus(),
    x: () => patch({ x: axisParam(nextAxis(settings.x)), zoom: undefined }),
    l: () => patch({ y: settings.log ? undefined : "log" }),
  });
  const found = sections.reduce((sum, section) => sum + section.keys.length, 0);
  return (
    <>
      <Toolbar settings={settings} patch={patch} queryRef={query} found={found} total={keys.length} />
      <div className={`scroll charts size-${settings.size}`}>
        {keys.length === 0 && <Empty title={hint}><p>Metrics appear here with their first point.</p></Empty>}
        {keys.length > 0 && found === 0 && <Empty title={`No metric matches ${settings.query}`}><p>{count(keys.length)} metrics are there without the search.</p></Empty>}
        {sections.map(({ prefix, keys: members }) => {
          const folded = settings.folded.includes(prefix || "-");
          return (
            <section className="sect" key={prefix}>
              <button type="button" className="sh" aria-expanded={!folded} onClick={() => patch({ fold: joinList(toggled(settings.folded, prefix || "-")) })}>
                <Icon name={folded ? "right" : "down"} />
                <b><bdi>{prefix || "Metrics"}</bdi></b>
                <span className="n">{members.length}</span>
              </button>
              {!folded && (
                <div className="cards">
                  {members.map((key) => <Card key={key} metric={key} runs={runs} settings={settings} onZoom={onZoom} />)}
                </div>
              )}
            </section>
          );
        })}
      </div>
    </>
  );
}
