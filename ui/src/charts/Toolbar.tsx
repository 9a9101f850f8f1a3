/** Search, axis, smoothing and size: what applies to every chart at once. */

import type { RefObject } from "react";

import { SearchField } from "../frame/bits";
import { Icon } from "../frame/icons";
import { Menu, MenuItem } from "../frame/Menu";
import { isPattern } from "../lib/text";
import type { ChartSearch, Patch } from "../lib/view";
import { AXIS_NAMES, axisParam, type CardSize, type ChartSettings, MAX_SMOOTHING } from "./settings";
import type { XAxis } from "./types";

interface ToolbarProps {
  settings: ChartSettings;
  patch: Patch<ChartSearch>;
  queryRef: RefObject<HTMLInputElement | null>;
  found: number;
  total: number;
}

export function Toolbar({ settings, patch, queryRef, found, total }: ToolbarProps) {
  return (
    <div className="tools">
      <div className="cq">
        <SearchField value={settings.query} onChange={(cq) => patch({ cq: cq || undefined })} label="Charts by regex" hotkey="/" inputRef={queryRef} invalid={!isPattern(settings.query)} />
      </div>
      {settings.query && <span className="count"><b>{found}</b> of <b>{total}</b></span>}
      <AxisMenu settings={settings} patch={patch} />
      <Smoothing value={settings.smoothing} onChange={(value) => patch({ smooth: value ? String(value) : undefined })} />
      {settings.zoom && (
        <button type="button" className="btn q" onClick={() => patch({ zoom: undefined }, true)}><Icon name="reset" />Whole range</button>
      )}
      <span className="grow" />
      <span className="seg hide-s" role="group" aria-label="Card size">
        {(["S", "M", "L"] as CardSize[]).map((size) => (
          <button key={size} type="button" aria-pressed={settings.size === size} onClick={() => patch({ size: size === "M" ? undefined : size })}>{size}</button>
        ))}
      </span>
    </div>
  );
}

function AxisMenu({ settings, patch }: Pick<ToolbarProps, "settings" | "patch">) {
  const axes: XAxis[] = ["step", "rel", "wall"];
  return (
    <Menu label="Axes" trigger={<><span className="v">X</span>{AXIS_NAMES[settings.x]}{settings.log && <span className="v">log</span>}<Icon name="down" /></>}>
      {(close) => {
        const choose = (changes: ChartSearch) => {
          patch(changes);
          close();
        };
        return (
          <>
            {axes.map((x) => (
              <MenuItem key={x} checked={settings.x === x} aside={x === settings.x ? <kbd>X</kbd> : undefined} onSelect={() => choose({ x: axisParam(x), zoom: undefined })}>{AXIS_NAMES[x]}</MenuItem>
            ))}
            <hr />
            <div className="mh">Y axis, all charts</div>
            <MenuItem checked={!settings.log} aside={settings.log ? undefined : <kbd>L</kbd>} onSelect={() => choose({ y: undefined })}>Linear</MenuItem>
            <MenuItem checked={settings.log} aside={settings.log ? <kbd>L</kbd> : undefined} onSelect={() => choose({ y: "log" })}>Logarithmic</MenuItem>
            <hr />
            <MenuItem checked={settings.clip} onSelect={() => choose({ clip: settings.clip ? undefined : "1" })}>Ignore outliers (1–99 %)</MenuItem>
          </>
        );
      }}
    </Menu>
  );
}

function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const style = { "--p": `${(value / MAX_SMOOTHING) * 100}%` } as React.CSSProperties;
  return (
    <label className="smooth">
      <span className="lab hide-m">Smooth</span>
      <input className="range" type="range" min="0" max={MAX_SMOOTHING} step="0.01" value={value} style={style} aria-label="Smoothing" onChange={(event) => onChange(Number(event.target.value))} onDoubleClick={() => onChange(0)} />
      <span className="num">{value.toFixed(2)}</span>
    </label>
  );
}
