/** The header's eye: which runs are plotted, as a rule that also holds for runs to come. */

import { Icon } from "../frame/icons";
import { Menu, MenuItem } from "../frame/Menu";
import { firstOf } from "./model";
import type { Workspace } from "./useWorkspace";

const CHOICES = [1, 5, 10, 30];

export function eyeName({ eye, on, off }: Workspace["search"]): string {
  const rule = eye === "all" || eye === "none" ? eye : `first ${firstOf(eye)}`;
  return on || off ? `${rule}, changed` : rule;
}

export function EyeMenu({ workspace, withName = false }: { workspace: Workspace; withName?: boolean }) {
  const { search, patch, runs } = workspace;
  const rule = search.eye === "all" || search.eye === "none" ? search.eye : firstOf(search.eye);
  const label = "First n, all on page, or none";
  return (
    <Menu label={label} className={withName ? "eyehead" : "eye"} trigger={<><Icon name="eye" />{withName && <span className="clip">Name <span className="mut">· {eyeName(search)} ▾</span></span>}</>}>
      {(close) => {
        const choose = (eye: string | undefined) => {
          patch({ eye, on: undefined, off: undefined });
          close();
        };
        return (
          <>
            {CHOICES.map((n) => (
              <MenuItem key={n} checked={rule === n} onSelect={() => choose(n === 5 ? undefined : String(n))}>First {n === 1 ? "run" : `${n} runs`}</MenuItem>
            ))}
            <label className="mi">
              <span className="mark" />First
              <input type="number" min="1" max="1000" className="nfield" defaultValue={typeof rule === "number" ? rule : 5} aria-label="First n runs"
                onKeyDown={(event) => {
                  event.stopPropagation();
                  if (event.key === "Enter") choose(event.currentTarget.value);
                  if (event.key === "Escape") close();
                }} />
              runs
            </label>
            <hr />
            <MenuItem checked={rule === "all"} aside={runs.length} onSelect={() => choose("all")}>All on page</MenuItem>
            <MenuItem checked={rule === "none"} aside={0} onSelect={() => choose("none")}>None</MenuItem>
          </>
        );
      }}
    </Menu>
  );
}
