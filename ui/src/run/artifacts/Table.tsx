/** Comma- or tab-separated text as a table, or as it is. */

import { useMemo, useState } from "react";

import { count } from "../../lib/format";
import { parseTable } from "./separated";

const ROWS = 500;

export function Table({ source, tabs }: { source: string; tabs: boolean }) {
  const [asText, setAsText] = useState(false);
  const rows = useMemo(() => parseTable(source, tabs ? "\t" : ","), [source, tabs]);
  const [head = [], ...body] = rows;
  const numeric = head.map((_, i) => body.slice(0, 50).every((row) => row[i] === undefined || row[i] === "" || Number.isFinite(Number(row[i]))));
  return (
    <>
      <div className="pvbar">
        <span className="seg" role="group" aria-label="Show">
          <button type="button" aria-pressed={!asText} onClick={() => setAsText(false)}>Table</button>
          <button type="button" aria-pressed={asText} onClick={() => setAsText(true)}>Text</button>
        </span>
        <span className="mut num">{count(body.length)} rows, {count(head.length)} columns{!asText && body.length > ROWS && `, the first ${ROWS} shown`}</span>
      </div>
      {asText ? (
        <pre className="code" tabIndex={0}>{source}</pre>
      ) : (
        <div className="sheet" tabIndex={0}>
          <table>
            <thead><tr>{head.map((cell, i) => <th key={i} className={numeric[i] ? "num" : undefined}>{cell}</th>)}</tr></thead>
            <tbody>{body.slice(0, ROWS).map((row, r) => <tr key={r}>{row.map((cell, i) => <td key={i} className={numeric[i] ? "num" : undefined}>{cell}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}
