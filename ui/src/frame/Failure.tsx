/** What a page says when it cannot be shown. */

import { Link } from "@tanstack/react-router";

import { ApiError } from "../api/client";
import { Message } from "./bits";
import { TopBar } from "./TopBar";

export function NotFound() {
  return (
    <>
      <TopBar />
      <div className="lone">
        <h1>There is no such page</h1>
        <p><Link to="/">All experiments</Link></p>
      </div>
    </>
  );
}

export function Failure({ error }: { error: unknown }) {
  return (
    <>
      <TopBar />
      <div className="lone">
        <h1>This page stopped</h1>
        <Message kind="bad"><span className="mono">{error instanceof Error ? error.message : String(error)}</span></Message>
        <p className="row">
          <button type="button" className="btn" onClick={() => location.reload()}>Load it again</button>
          <Link to="/">All experiments</Link>
        </p>
      </div>
    </>
  );
}

/** A thing that the server does not have, or would not give. */
export function Missing({ what, error }: { what: string; error: Error }) {
  const absent = error instanceof ApiError && error.status === 404;
  const silent = error instanceof ApiError && error.unreachable;
  return (
    <div className="lone">
      <h1>{absent ? `${what} is not here` : silent ? "The server does not answer" : `${what} could not be read`}</h1>
      {!silent && <p className="sec">{error.message}</p>}
      {silent ? <p className="sec">This page fills by itself as soon as it does.</p> : <p><Link to="/">All experiments</Link></p>}
    </div>
  );
}
