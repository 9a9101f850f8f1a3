/** A name that is never clipped at its end, where its tail tells it apart. */

import { splitTail } from "../lib/text";

interface NameProps {
  text: string;
  className?: string;
  /** Characters at the end that always stay. */
  keep?: number;
}

export function Name({ text, className = "", keep = 12 }: NameProps) {
  const [head, tail] = splitTail(text, keep);
  return (
    <span className={`nm ${tail ? "mid" : ""} ${className}`} title={text}>
      <bdi className="clip">{head}</bdi>
      {tail && <bdi className="tail">{tail}</bdi>}
    </span>
  );
}
