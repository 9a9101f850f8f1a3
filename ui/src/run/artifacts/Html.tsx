/** An HTML artifact in a frame of its own: a picture of a page, without scripts and without reach into this one. */

import { useState } from "react";

export function Html({ source, name }: { source: string; name: string }) {
  const [asSource, setAsSource] = useState(false);
  return (
    <>
      <div className="pvbar">
        <span className="seg" role="group" aria-label="Show">
          <button type="button" aria-pressed={!asSource} onClick={() => setAsSource(false)}>Page</button>
          <button type="button" aria-pressed={asSource} onClick={() => setAsSource(true)}>Source</button>
        </span>
        {!asSource && <span className="mut clip">Its scripts do not run here; download it to open it in full.</span>}
      </div>
      {asSource ? <pre className="code" tabIndex={0}>{source}</pre> : <iframe className="frame-html" title={name} sandbox="" srcDoc={source} referrerPolicy="no-referrer" />}
    </>
  );
}
