/** The table's head: groups above, columns below; a click orders, the edge resizes. */

import type { CSSProperties } from "react";

import { EyeMenu } from "../EyeMenu";
import { DEFAULT_SORT, nextSort } from "../model";
import type { Workspace } from "../useWorkspace";
import type { Column } from "./columns";

export interface Placed {
  column: Column;
  index: number;
  left: number;
  width: number;
  /** The first of its group. */
  opens: boolean;
}

interface HeadProps {
  workspace: Workspace;
  columns: Column[];
  sizes: number[];
  across: Placed[];
  onResize: (index: number) => ((event: unknown) => void) | undefined;
}

export function Head({ workspace, columns, sizes, across, onResize }: HeadProps) {
  const { sort, patch } = workspace;
  const order = (field: string) => {
    const next = nextSort(sort, field);
    patch({ sort: next === DEFAULT_SORT ? undefined : next });
  };
  return (
    <div className="ghead" role="row">
      <div className="gfirst" role="columnheader">
        <EyeMenu workspace={workspace} />
        <SortHead label="Name" field="attributes.run_name" sort={sort} order={order} />
      </div>
      {groups(columns, sizes).map(({ name, left, width }) => (
        <span key={name} className="ggroup" style={{ "--left": `${left}px`, width } as CSSProperties}><span>{name}</span></span>
      ))}
      {across.map(({ column, index, left, width, opens }) => (
        <div key={column.id} className={opens ? "gh opens" : "gh"} role="columnheader" aria-sort={ariaSort(sort, column.field)} style={{ left, width }}>
          <SortHead label={column.label} field={column.field} sort={sort} order={order} numeric={column.numeric} />
          <span className="edge" aria-hidden="true" onMouseDown={onResize(index)} onTouchStart={onResize(index)} />
        </div>
      ))}
    </div>
  );
}

function groups(columns: Column[], sizes: number[]): { name: string; left: number; width: number }[] {
  const found: { name: string; left: number; width: number }[] = [];
  let left = 0;
  columns.forEach((column, i) => {
    const width = sizes[i] ?? 0;
    const last = found.at(-1);
    if (last?.name === column.group) last.width += width;
    else found.push({ name: column.group, left, width });
    left += width;
  });
  return found;
}

function ariaSort(sort: string, field: string | undefined): "ascending" | "descending" | undefined {
  if (sort === field) return "ascending";
  return sort === `-${field}` ? "descending" : undefined;
}

interface SortHeadProps {
  label: string;
  field: string | undefined;
  sort: string;
  order: (field: string) => void;
  numeric?: boolean;
}

function SortHead({ label, field, sort, order, numeric = false }: SortHeadProps) {
  const direction = ariaSort(sort, field);
  const classes = `ghl ${numeric ? "num" : ""} ${direction ? "on" : ""}`;
  const text = <span className="clip rtl"><bdi>{label}</bdi></span>;
  if (field === undefined) return <span className={classes} title={label}>{text}</span>;
  return (
    <button type="button" className={classes} title={`${label}: sort`} onClick={() => order(field)}>
      {text}{direction && (direction === "ascending" ? "↑" : "↓")}
    </button>
  );
}
