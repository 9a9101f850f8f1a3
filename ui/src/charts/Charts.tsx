/** Every metric as a card, in sections by prefix, with the tools that apply to all of them. */

import { useMemo, useRef } from "react";

import { Icon } from "../frame/icons";
import { Empty } from "../frame/bits";
import { useHotkeys } from "../lib/hotkeys";
import { count } from "../lib/format";
import { useStable } from "../lib/stable";
import { joinList, toggled } from "../lib/url";
import type { ChartSearch, Patch } from "../lib/view";
import { Card, type CardProps } from "./Card";
import { type Section, sectionsOf } from "./sections";
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
  const { cq, smooth, x, y, fold, zoom, size, clip, card } = search;
  const settings = useMemo(
    () => chartSettings({ cq, smooth, x, y, fold, zoom, size, clip, card }),
    [cq, smooth, x, y, fold, zoom, size, clip, card],
  );
  const sections = useMemo(() => sectionsOf(keys, settings.query), [keys, settings.query]);
  const onZoom = useStable((range: Range | undefined) => patch({ zoom: range && formatZoom(range) }, true));
  const query = useRef<HTMLInputElement>(null);
  useHotkeys({
    "/": () => query.current?.focus(),
    x: () => patch({ x: axisParam(nextAxis(settings.x)), zoom: undefined }),
    l: () => patch({ y: settings.log ? undefined : "log" }),
  });
  const onFull = useStable((metric: string) => patch({ card: settings.card === metric ? undefined : metric }, true));
  const cards = { runs, settings, onZoom, onFull };
  const found = sections.reduce((sum, section) => sum + section.keys.length, 0);
  return (
    <>
      <Toolbar settings={settings} patch={patch} queryRef={query} found={found} total={keys.length} />
      {settings.card !== undefined && keys.includes(settings.card) ? (
        <Alone metric={settings.card} sections={sections} patch={patch} {...cards} />
      ) : (
        <div className={`scroll charts size-${settings.size}`}>
          {keys.length === 0 && <Empty title={hint}><p>Metrics appear here with their first point.</p></Empty>}
          {keys.length > 0 && found === 0 && <Empty title={`No metric matches ${settings.query}`}><p>{count(keys.length)} metrics are there without the search.</p></Empty>}
          {sections.map((section) => (
            <CardSection key={section.prefix} section={section} folded={settings.folded.includes(nameOf(section))} onFold={() => patch({ fold: joinList(toggled(settings.folded, nameOf(section))) })} {...cards} />
          ))}
        </div>
      )}
    </>
  );
}

/** A section without a prefix still needs a name in the address. */
const nameOf = (section: Section) => section.prefix || "-";

type CardsProps = Pick<CardProps, "runs" | "settings" | "onZoom" | "onFull">;

interface CardSectionProps extends CardsProps {
  section: Section;
  folded: boolean;
  onFold: () => void;
}

function CardSection({ section: { prefix, keys }, folded, onFold, ...cards }: CardSectionProps) {
  return (
    <section className="sect">
      <button type="button" className="sh" aria-expanded={!folded} onClick={onFold}>
        <Icon name={folded ? "right" : "down"} />
        <b><bdi>{prefix || "Metrics"}</bdi></b>
        <span className="n">{keys.length}</span>
      </button>
      {!folded && <div className="cards">{keys.map((key) => <Card key={key} metric={key} {...cards} />)}</div>}
    </section>
  );
}

interface AloneProps extends CardsProps {
  metric: string;
  sections: Section[];
  patch: Patch<ChartSearch>;
}

/** One chart over the whole page; arrows walk to the others. */
function Alone({ metric, sections, patch, ...cards }: AloneProps) {
  const keys = sections.flatMap((section) => section.keys);
  const step = (by: number) => {
    const next = keys[keys.indexOf(metric) + by];
    if (next !== undefined) patch({ card: next });
  };
  useHotkeys({ ArrowLeft: () => step(-1), ArrowRight: () => step(1), Escape: () => patch({ card: undefined }, true) });
  return <div className="scroll charts alone"><Card key={metric} metric={metric} full {...cards} /></div>;
}
