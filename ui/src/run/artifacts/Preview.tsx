/** The chosen file: shown when its kind allows it, offered for download always. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { artifactUrl, errorOf, send } from "../../api/client";
import type { FileInfo } from "../../api/types";
import { CopyButton } from "../../frame/bits";
import { Icon } from "../../frame/icons";
import { formatBytes } from "../../lib/format";
import { fileName, folderOf, kindOf, refusal } from "./kinds";
import { Html } from "./Html";
import { Table } from "./Table";
import { Text } from "./Text";

interface PreviewProps {
  runId: string;
  file: FileInfo;
}

export function Preview({ runId, file }: PreviewProps) {
  const [measure, setMeasure] = useState("");
  const url = artifactUrl(runId, file.path);
  const folder = folderOf(file.path);
  const size = formatBytes(file.file_size ?? 0);
  const why = refusal(file);
  return (
    <>
      <div className="pvh">
        <span className="clip" title={file.path}>{folder && <span className="mut">{folder}/</span>}{fileName(file.path)}</span>
        <span className="mut num">{size}</span>
        {measure && <span className="mut num hide-s">{measure}</span>}
        <span className="grow" />
        <CopyButton text={file.path} label="Copy the path" />
        <a className="ib" href={url} download={fileName(file.path)} title="Download" aria-label={`Download ${fileName(file.path)}`}><Icon name="download" /></a>
      </div>
      {why ? <Offer url={url} file={file} why={why} size={size} /> : <Body url={url} file={file} onMeasure={setMeasure} />}
    </>
  );
}

function Offer({ url, file, why, size }: { url: string; file: FileInfo; why: string; size: string }) {
  return (
    <div className="offer">
      <p>{why}</p>
      <a className="btn" href={url} download={fileName(file.path)}><Icon name="download" />Download {size}</a>
    </div>
  );
}

interface BodyProps {
  url: string;
  file: FileInfo;
  onMeasure: (text: string) => void;
}

function Body({ url, file, onMeasure }: BodyProps) {
  const kind = kindOf(file.path);
  const [broken, setBroken] = useState(false);
  if (kind === "image" && !broken) {
    return (
      <div className="mat">
        <img src={url} alt={fileName(file.path)} onError={() => setBroken(true)} onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => onMeasure(`${naturalWidth} × ${naturalHeight}`)} />
      </div>
    );
  }
  if (kind === "image") return <Offer url={url} file={file} why="This picture could not be read." size={formatBytes(file.file_size ?? 0)} />;
  return <Written url={url} file={file} />;
}

function Written({ url, file }: { url: string; file: FileInfo }) {
  const { data, error } = useQuery({ queryKey: ["file", url, file.file_size], queryFn: ({ signal }) => textOf(url, signal), staleTime: Infinity });
  if (error && data === undefined) return <p className="nothing">{error.message}</p>;
  if (data === undefined) return <div aria-busy="true" />;
  if (data.includes("\u0000")) return <Offer url={url} file={file} why="This file holds binary data." size={formatBytes(file.file_size ?? 0)} />;
  if (data === "") return <p className="nothing">This file is empty.</p>;
  const kind = kindOf(file.path);
  if (kind === "html") return <Html source={data} name={fileName(file.path)} />;
  if (kind === "table") return <Table source={data} tabs={file.path.toLowerCase().endsWith(".tsv")} />;
  return <Text source={data} json={kind === "json"} />;
}

async function textOf(url: string, signal: AbortSignal): Promise<string> {
  const response = await send(url, { signal });
  if (!response.ok) throw await errorOf(response);
  return response.text();
}
