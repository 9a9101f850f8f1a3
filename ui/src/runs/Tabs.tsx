/** The two faces of an experiment. */

import { count } from "../lib/format";
import type { Workspace } from "./useWorkspace";

export function Tabs({ workspace, title }: { workspace: Workspace; title?: string }) {
  const { search, patch, total, metricKeys } = workspace;
  const isTable = search.tab === "table";
  return (
    <div className="tabs" role="tablist" aria-label="Views">
      {title !== undefined && <><h1 className="clip tabtitle" title={title}><bdi>{title}</bdi></h1><span className="vsep" /></>}
      <button type="button" className="tab" role="tab" aria-selected={isTable} onClick={() => patch({ tab: "table" }, true)}>
        <kbd>1</kbd>Table {total > 0 && <span className="n">{count(total)}</span>}
      </button>
      <button type="button" className="tab" role="tab" aria-selected={!isTable} onClick={() => patch({ tab: undefined }, true)}>
        <kbd>2</kbd>Charts {metricKeys.length > 0 && <span className="n">{count(metricKeys.length)}</span>}
      </button>
    </div>
  );
}
