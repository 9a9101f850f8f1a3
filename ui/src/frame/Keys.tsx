/** The list of keys, opened by `?`. */

import { useEffect, useRef } from "react";

import { useHotkeys } from "../lib/hotkeys";
import { createStore, useStore } from "../lib/store";
import { Icon } from "./icons";

const shown = createStore(false);

export const openKeys = () => shown.set(true);

const GROUPS: [string, [keys: string[], what: string][]][] = [
  ["Everywhere", [[["?"], "This list"], [["Esc"], "Close what is on top"], [["F"], "Filter or search the list"]]],
  ["An experiment", [
    [["1"], "Table"], [["2"], "Charts"], [["/"], "Search charts"], [["↑", "↓"], "Previous, next run"],
    [["Space"], "Plot or hide the run"], [["Enter"], "Open the run"], [["←", "→"], "Close, open a parent run"],
  ]],
  ["A run", [[["1", "2", "3"], "Overview, Charts, Artifacts"], [["J"], "Next run"], [["K"], "Previous run"]]],
  ["Charts", [
    [["X"], "Step, relative or wall time"], [["L"], "Linear or logarithmic"], [["drag"], "Zoom in"],
    [["double-click"], "Whole range again"], [["click"], "Hold the values in place"],
    [["←", "→"], "Previous, next chart, when one fills the page"],
  ]],
];

export function Keys() {
  const open = useStore(shown, (value) => value);
  useHotkeys({ "?": openKeys });
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} className="keys" aria-label="Keys" onClose={() => shown.set(false)} onClick={(event) => event.target === dialog.current && shown.set(false)}>
      <div className="bh"><b>Keys</b><span className="grow" /><button type="button" className="ib" aria-label="Close" onClick={() => shown.set(false)}><Icon name="x" /></button></div>
      <div className="kcols">
        {GROUPS.map(([title, rows]) => (
          <section key={title}>
            <h2>{title}</h2>
            {rows.map(([keys, what]) => (
              <div className="krow" key={what}>
                <span>{what}</span>
                <span className="row">{keys.map((key) => <kbd key={key}>{key}</kbd>)}</span>
              </div>
            ))}
          </section>
        ))}
      </div>
    </dialog>
  );
}
