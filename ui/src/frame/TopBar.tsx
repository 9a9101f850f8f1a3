/** The bar on every page: the mark, where one is, whether the server answers, the theme. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { connection } from "../api/connection";
import { retryNow, useHeartbeat } from "../api/heartbeat";
import { useNow } from "../lib/clock";
import { clock } from "../lib/format";
import { useStore } from "../lib/store";
import { toggleTheme } from "../lib/theme";
import { Icon, Logo } from "./icons";
import { openKeys } from "./Keys";

export function TopBar({ crumb, live = false }: { crumb?: ReactNode; live?: boolean }) {
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="Runstone, experiments">
        <Logo />
        <span className="hide-s">Runstone</span>
      </Link>
      {crumb && <nav className="crumb clip" aria-label="You are here">{crumb}</nav>}
      <span className="grow" />
      <ServerState live={live} />
      <span className="vsep hide-s" />
      <button type="button" className="ib hide-s" title="Keys ( ? )" aria-label="Keys" onClick={openKeys}>
        <Icon name="keys" />
      </button>
      <button type="button" className="ib" title="Light or dark" aria-label="Light or dark" onClick={toggleTheme}>
        <Icon name="theme" />
      </button>
    </header>
  );
}

function ServerState({ live }: { live: boolean }) {
  const goneSince = useStore(connection, (state) => state.goneSince);
  return goneSince === undefined ? <Answering live={live} /> : <Gone since={goneSince} />;
}

function Answering({ live }: { live: boolean }) {
  const last = useStore(connection, (state) => state.lastAnswer);
  const now = useNow(1000);
  if (last === undefined) return null;
  const seconds = Math.max(0, Math.round((now - last) / 1000));
  return (
    <span className="livetag" title={`Last answer from the server: ${clock(last, true)}`}>
      {live ? <LiveDot /> : <svg className="st finished" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="2.4" fill="currentColor" /></svg>}
      <span>{live ? "Live" : "Up to date"}</span>
      <span className="mut hide-s age">{seconds < 2 ? "now" : `${seconds} s ago`}</span>
    </span>
  );
}

function LiveDot() {
  return (
    <svg className="st running" viewBox="0 0 12 12" aria-hidden="true">
      <circle className="halo" cx="6" cy="6" r="5.6" />
      <circle cx="6" cy="6" r="3.2" fill="currentColor" />
    </svg>
  );
}

function Gone({ since }: { since: number }) {
  const inSeconds = useHeartbeat();
  return (
    <div className="gone" role="status">
      <Icon name="plug" />
      <span className="clip">
        No answer from the server since {clock(since, true)}.
        <span className="sec hide-m"> What is known stays; it will catch up by itself.</span>
      </span>
      <span className="num sec hide-s">next try in {inSeconds} s</span>
      <button type="button" className="btn" onClick={retryNow}>Try now</button>
    </div>
  );
}
