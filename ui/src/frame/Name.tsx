/** A name that is never clipped at its end, where its tail tells it apart. */

import { splitTail } from "../lib/text";

interface NameProps {
  text: string;
  className?: string;
  /** Characters at the end that always stay. */
  keep?: number;
}

export function Name({ text, className = "", keep = 10 }: NameProps) {
  const [head, tail] = splitTail(text, keep);
  // The halves are boxes of their own; read aloud they are one name.
  return (
    <span className={`nm ${tail ? "mid" : ""} ${className}`} title={text}>
      <bdi className="clip" aria-hidden={tail !== ""}>{head}</bdi>
      {tail && <bdi className="tail" aria-hidden="true">{tail}</bdi>}
      {tail && <span className="sr">{text}</span>}
    </span>
  );
}
