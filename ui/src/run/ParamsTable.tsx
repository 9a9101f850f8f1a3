/** A run's params, grouped at the dot when several share it. */

import { useMemo, useState } from "react";

import type { KeyValue, Run } from "../api/types";
import { CopyButton, SearchField } from "../frame/bits";
import { count } from "../lib/format";
import { isPattern, searchPattern } from "../lib/text";
import { groupParams } from "./params";

export function ParamsTable({ run }: { run: Run }) {
  const [text, setText] = useState("");
  const params = run.data.params;
  const all = useMemo(() => params ?? [], [params]);
  const groups = useMemo(() => {
    const pattern = searchPattern(text);
    return groupParams(all.filter(({ key, value }) => pattern.test(key) || pattern.test(value)));
  }, [all, text]);
  const found = groups.reduce((sum, group) => sum + group.params.length, 0);
  return (
    <section className="blk">
      <div className="bh">
        <b>Params</b>
        <span className="n">{found < all.length ? `${count(found)} of ${count(all.length)}` : count(all.length)}</span>
        <span className="grow" />
        {all.length > 5 && <SearchField value={text} onChange={setText} label="Search params" invalid={!isPattern(text)} />}
        {all.length > 0 && <CopyButton text={all.map(({ key, value }) => `${key}: ${value}`).join("\n")} label="Copy the params" />}
      </div>
      {all.length === 0 && <p className="nothing">No param has been logged.</p>}
      <table className="kv">
        {groups.map(({ prefix, params: members }) => (
          <tbody key={prefix}>
            {prefix && <tr className="gr"><th colSpan={2}><bdi>{prefix}</bdi></th></tr>}
            {members.map((param) => <ParamRow key={param.key} param={param} label={param.key.slice(prefix.length)} />)}
          </tbody>
        ))}
      </table>
    </section>
  );
}

const LONG = 34;

/** A long value is cut to a line until it is asked for. */
function ParamRow({ param, label }: { param: KeyValue; label: string }) {
  const [open, setOpen] = useState(false);
  const long = param.value.length > LONG || param.value.includes("\n");
  return (
    <tr className={open ? "open" : undefined}>
      <th title={param.key}><bdi>{label}</bdi></th>
      <td className="mono" title={param.value}>
        {long ? <button type="button" className="value" aria-expanded={open} onClick={() => setOpen(!open)}>{param.value}</button> : <bdi>{param.value}</bdi>}
      </td>
    </tr>
  );
}
