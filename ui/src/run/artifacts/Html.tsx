/** An HTML artifact in a frame of its own: it can never act as this page, and runs no script unless asked to. */

import { useState } from "react";

export function Html({ source, name }: { source: string; name: string }) {
  const [scripts, setScripts] = useState(false);
  const [asSource, setAsSource] = useState(false);
  return (
    <>
      <div className="pvbar">
        <span className="seg" role="group" aria-label="Show">
          <button type="button" aria-pressed={!asSource} onClick={() => setAsSource(false)}>Page</button>
          <button type="button" aria-pressed={asSource} onClick={() => setAsSource(true)}>Source</button>
        </span>
        {!asSource && (
          <label className="opt"><input type="checkbox" checked={scripts} onChange={(event) => setScripts(event.target.checked)} />Run its scripts, apart from this page</label>
        )}
      </div>
      {asSource ? (
        <pre className="code">{source}</pre>
      ) : (
        // Without allow-same-origin the frame has an origin of its own: no cookies, no storage, no reach into the page.
        <iframe key={String(scripts)} className="frame-html" title={name} sandbox={scripts ? "allow-scripts" : ""} srcDoc={source} referrerPolicy="no-referrer" />
      )}
    </>
  );
}
