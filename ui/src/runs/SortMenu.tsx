/** Sort by anything the runs have. */

import { useMemo, useState } from "react";

import { SearchField } from "../frame/bits";
import { Icon } from "../frame/icons";
import { Menu, MenuItem } from "../frame/Menu";
import { searchPattern } from "../lib/text";
import { DEFAULT_SORT, keysOf, nextSort, sortField } from "./model";
import type { Workspace } from "./useWorkspace";

const ATTRIBUTES: [field: string, name: string][] = [
  ["attributes.start_time", "Started"], ["attributes.end_time", "Ended"], ["attributes.run_name", "Name"],
  ["attributes.status", "State"], ["attributes.user_id", "User"],
];
const SHOWN = 40;

export function sortName(sort: string): string {
  const field = sort.replace(/^-/, "");
  const [, key] = sortField(sort);
  return ATTRIBUTES.find(([name]) => name === field)?.[1] ?? key;
}

export function SortMenu({ workspace }: { workspace: Workspace }) {
  const { sort } = workspace;
  const arrow = sort.startsWith("-") ? "↓" : "↑";
  return (
    <Menu label="Sort" className="btn q sortbtn" align="right" trigger={<><Icon name="sort" /><span className="clip">{sortName(sort)} {arrow}</span></>}>
      {(close) => <Choices workspace={workspace} close={close} />}
    </Menu>
  );
}

function Choices({ workspace, close }: { workspace: Workspace; close: () => void }) {
  const { sort, patch, runs } = workspace;
  const [text, setText] = useState("");
  const groups = useMemo(() => {
    const pattern = searchPattern(text);
    const fields = (kind: "metrics" | "params") =>
      keysOf(runs, kind).filter((key) => pattern.test(key)).map((key): [string, string] => [`${kind}.${key}`, key]);
    return [
      ["Run", ATTRIBUTES.filter(([, name]) => pattern.test(name))],
      ["Metrics", fields("metrics")],
      ["Params", fields("params")],
    ] as [string, [string, string][]][];
  }, [runs, text]);
  const choose = (field: string) => {
    const next = nextSort(sort, field);
    patch({ sort: next === DEFAULT_SORT ? undefined : next });
    close();
  };
  return (
    <>
      <div className="msearch"><SearchField value={text} onChange={setText} label="Sort by" /></div>
      {groups.filter(([, fields]) => fields.length > 0).map(([title, fields]) => (
        <div key={title} role="group" aria-label={title}>
          <div className="mh">{title}{fields.length > SHOWN && ` · ${SHOWN} of ${fields.length}`}</div>
          {fields.slice(0, SHOWN).map(([field, name]) => {
            const direction = sort === field ? "↑" : sort === `-${field}` ? "↓" : undefined;
            return <MenuItem key={field} checked={direction !== undefined} aside={direction} onSelect={() => choose(field)}>{name}</MenuItem>;
          })}
        </div>
      ))}
    </>
  );
}
