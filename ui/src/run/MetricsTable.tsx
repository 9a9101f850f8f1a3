/** A run's metrics: the curve in small, the last value, the least and the greatest. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Run } from "../api/types";
import { loadSeries, SPARK_BUCKETS } from "../charts/series";
import type { ChartRun, Series } from "../charts/types";
import { SearchField } from "../frame/bits";
import { compactCount, count, formatValue } from "../lib/format";
import { colorVar } from "../lib/palette";
import { isPattern, naturally, searchPattern, splitKey } from "../lib/text";
import { metricOf } from "../runs/model";
import { sparkPath, summary } from "./spark";

const FIRST = 60;

interface MetricsTableProps {
  run: Run;
  chartRun: ChartRun | undefined;
  keys: string[];
}

export function MetricsTable({ run, chartRun, keys }: MetricsTableProps) {
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const found = useMemo(() => {
    const pattern = searchPattern(text);
    return keys.filter((key) => pattern.test(key)).toSorted((a, b) => rank(a) - rank(b) || naturally(a, b));
  }, [keys, text]);
  const shown = all ? found : found.slice(0, FIRST);
  const series = useSparks(chartRun, shown);
  return (
    <section className="blk">
      <div className="bh">
        <b>Metrics</b>
        <span className="n">{found.length < keys.length ? `${count(found.length)} of ${count(keys.length)}` : count(keys.length)}</span>
        <span className="grow" />
        {keys.length > 5 && <SearchField value={text} onChange={setText} label="Search metrics" invalid={!isPattern(text)} />}
      </div>
      {keys.length === 0 && <p className="nothing">No metric has been logged.</p>}
      {shown.length > 0 && (
        <table className="mt">
          <thead>
            <tr><th>Name</th><th className="sp"><span className="sr">Curve</span></th><th className="num">Last</th><th className="num hs">Min <span className="at">step</span></th><th className="num hs">Max <span className="at">step</span></th></tr>
          </thead>
          <tbody>
            {shown.map((key) => <MetricRow key={key} name={key} value={metricOf(run, key)} series={series.get(key)} slot={chartRun?.ink.slot ?? 1} />)}
          </tbody>
        </table>
      )}
      {found.length > shown.length && <button type="button" className="btn q showall" onClick={() => setAll(true)}>Show all {count(found.length)}</button>}
    </section>
  );
}

const rank = (key: string) => (key.startsWith("system/") ? 1 : 0);

interface MetricRowProps {
  name: string;
  value: number | undefined;
  series: Series | undefined;
  slot: number;
}

function MetricRow({ name, value, series, slot }: MetricRowProps) {
  const [prefix, rest] = splitKey(name);
  const path = series && sparkPath(series);
  const ends = series && series.count > 1 ? summary(series) : undefined;
  return (
    <tr data-metric={name}>
      <td className="clip" title={name}><span className="mut">{prefix}</span>{rest}</td>
      <td className="sp">
        {path && (
          <svg className="spark" viewBox="0 0 104 22" preserveAspectRatio="none" style={{ "--c": colorVar(slot) } as React.CSSProperties} aria-hidden="true">
            <path d={path.line} />
            <circle cx={path.endX} cy={path.endY} r="2" />
          </svg>
        )}
      </td>
      <td className="num strong">{value === undefined ? "" : formatValue(value)}</td>
      <Extreme found={ends?.least} />
      <Extreme found={ends?.greatest} />
    </tr>
  );
}

function Extreme({ found }: { found: { value: number; step: number } | undefined }) {
  return (
    <td className="num hs">
      {found ? formatValue(found.value) : "–"}
      <span className="at" title={found && `step ${count(found.step)}`}>{found && compactCount(found.step)}</span>
    </td>
  );
}

function useSparks(run: ChartRun | undefined, keys: string[]): Map<string, Series> {
  const versions = run ? keys.map((key) => run.version(key)).join() : "";
  const { data } = useQuery({
    queryKey: ["sparks", run?.id, keys.join("\n"), versions],
    queryFn: async () => {
      const found = await Promise.all(keys.map((key) => (run ? loadSeries(key, [run], undefined, SPARK_BUCKETS) : [])));
      return new Map(found.flat().map((one) => [one.key, one]));
    },
    enabled: run !== undefined && keys.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  return data ?? NONE;
}

const NONE = new Map<string, Series>();
