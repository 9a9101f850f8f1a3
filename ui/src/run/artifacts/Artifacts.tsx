/** A run's files: a tree read folder by folder, and the chosen file beside it. */

import { useMemo } from "react";

import { isLive, useArtifacts } from "../../api/queries";
import type { FileInfo, Run } from "../../api/types";
import { Empty, Message } from "../../frame/bits";
import { Name } from "../../frame/Name";
import { Icon } from "../../frame/icons";
import { formatBytes } from "../../lib/format";
import { joinList, splitList, toggled } from "../../lib/url";
import type { Patch, RunSearch } from "../../lib/view";
import { fileName, folderOf, kindOf, parentsOf } from "./kinds";
import { Preview } from "./Preview";

interface ArtifactsProps {
  run: Run;
  search: RunSearch;
  patch: Patch<RunSearch>;
}

export default function Artifacts({ run, search, patch }: ArtifactsProps) {
  const runId = run.info.run_id;
  const live = isLive(run);
  const root = useArtifacts(runId, "", live);
  const chosen = search.art;
  const beside = useArtifacts(runId, folderOf(chosen ?? ""), live, chosen !== undefined);
  const file = beside.data?.find((one) => one.path === chosen && !one.is_dir);
  const opened = useMemo(() => new Set([...splitList(search.open), ...parentsOf(chosen ?? "")]), [search.open, chosen]);
  if (root.error && !root.data) return <div className="scroll"><Message kind="bad">{root.error.message}</Message></div>;
  if (root.data?.length === 0) {
    return <Empty title="This run has no artifacts"><p>A file logged with <span className="mono">mlflow.log_artifact(path)</span> shows here.</p></Empty>;
  }
  const tree: TreeProps = {
    runId, live, opened, chosen,
    onTurn: (path) => patch({ open: joinList(toggled([...opened], path)), ...(chosen?.startsWith(`${path}/`) ? { art: undefined } : {}) }),
    onChoose: (path) => patch({ art: path, open: joinList(opened) }),
  };
  return (
    <div className="scroll artpage">
      <section className="blk art">
        <div className="tree" role="tree" aria-label="Artifacts" onKeyDown={walk}>
          <Folder path="" depth={0} {...tree} />
        </div>
        <div className="pv">
          {chosen === undefined && <p className="nothing">Choose a file to look into it.</p>}
          {chosen !== undefined && beside.data && !file && <p className="nothing"><span className="mono">{chosen}</span> is not among this run’s artifacts.</p>}
          {file && <Preview key={file.path} runId={runId} file={file} />}
        </div>
      </section>
    </div>
  );
}

interface TreeProps {
  runId: string;
  live: boolean;
  opened: ReadonlySet<string>;
  chosen: string | undefined;
  onTurn: (path: string) => void;
  onChoose: (path: string) => void;
}

function Folder({ path, depth, ...tree }: TreeProps & { path: string; depth: number }) {
  const { data, error } = useArtifacts(tree.runId, path, tree.live);
  const files = useMemo(() => (data ?? []).toSorted((a, b) => Number(b.is_dir) - Number(a.is_dir)), [data]);
  if (error && !data) return <p className="nothing">{error.message}</p>;
  return files.map((file) => <Node key={file.path} file={file} depth={depth} {...tree} />);
}

function Node({ file, depth, ...tree }: TreeProps & { file: FileInfo; depth: number }) {
  const isOpen = file.is_dir && tree.opened.has(file.path);
  const selected = file.path === tree.chosen;
  const name = fileName(file.path);
  const icon = file.is_dir ? "folder" : kindOf(file.path) === "image" ? "image" : "file";
  return (
    <>
      <button
        type="button" role="treeitem" className={selected ? "tn sel" : "tn"} style={{ "--d": depth } as React.CSSProperties} title={name}
        aria-level={depth + 1} aria-selected={selected} aria-expanded={file.is_dir ? isOpen : undefined} data-path={file.path}
        onClick={() => (file.is_dir ? tree.onTurn(file.path) : tree.onChoose(file.path))}
      >
        <span className="tw">{file.is_dir && <Icon name={isOpen ? "down" : "right"} />}</span>
        <Icon name={icon} />
        <Name text={name} keep={8} />
        <span className="num">{file.is_dir ? "" : formatBytes(file.file_size ?? 0)}</span>
      </button>
      {isOpen && <Folder path={file.path} depth={depth + 1} {...tree} />}
    </>
  );
}

/** Arrow keys walk the tree; left and right close and open a folder. */
function walk(event: React.KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const item = items[at];
  if (!item) return;
  const expanded = item.getAttribute("aria-expanded");
  if (event.key === "ArrowDown") items[at + 1]?.focus();
  else if (event.key === "ArrowUp") items[at - 1]?.focus();
  else if (event.key === "ArrowRight" && expanded === "false") item.click();
  else if (event.key === "ArrowLeft" && expanded === "true") item.click();
  else return;
  event.preventDefault();
}
