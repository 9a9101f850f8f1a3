/** Light or dark: the system's choice until a person makes one. */

import { createStore } from "./store";

export type Theme = "light" | "dark";
const KEY = "runstone:theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme | undefined {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : undefined;
}

const system = (): Theme => (dark.matches ? "dark" : "light");

export const theme = createStore<Theme>(stored() ?? system());

export function startTheme(): void {
  const choice = stored();
  if (choice) document.documentElement.dataset.theme = choice;
  dark.addEventListener("change", () => {
    if (!stored()) theme.set(system());
  });
}

export function toggleTheme(): void {
  const next: Theme = theme.get() === "dark" ? "light" : "dark";
  if (next === system()) {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, next);
    document.documentElement.dataset.theme = next;
  }
  theme.set(next);
}
