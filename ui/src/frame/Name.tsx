/** A name that is never clipped at its end, where its tail tells it apart. */

import { splitTail } from "../lib/text";

export function Name({ text, className = "" }: { text: string; className?: string }) {
  const [head, tail] = splitTail(text);
  return (
    <span className={`nm ${tail ? "mid" : ""} ${className}`} title={text}>
      <bdi className="clip">{head}</bdi>
      {tail && <bdi className="tail">{tail}</bdi>}
    </span>
  );
}
