/** The icon set: 16-unit outlines drawn with the current colour. */

const PATHS = {
  eye: '<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z"/><circle cx="8" cy="8" r="2"/>',
  eyeoff: '<path d="M2.5 7.5s2 3.2 5.5 3.2 5.5-3.2 5.5-3.2"/>',
  down: '<path d="m4 6 4 4 4-4"/>',
  right: '<path d="m6 4 4 4-4 4"/>',
  left: '<path d="m10 4-4 4 4 4"/>',
  search: '<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>',
  x: '<path d="m4 4 8 8M12 4l-8 8"/>',
  sort: '<path d="M5 3v10m0 0L2.5 10.5M5 13l2.5-2.5M11 13V3m0 0L8.5 5.5M11 3l2.5 2.5"/>',
  download: '<path d="M8 2.5v7.2m0 0L5 6.8m3 2.9 3-2.9M3 13h10"/>',
  theme: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11Z" fill="currentColor"/>',
  folder: '<path d="M2 4.5A1 1 0 0 1 3 3.5h3l1.5 1.7H13a1 1 0 0 1 1 1v5.8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1Z"/>',
  file: '<path d="M4 2h5l3 3v9H4ZM9 2v3h3"/>',
  image: '<rect x="2" y="3" width="12" height="10" rx="1.2"/><circle cx="5.5" cy="6.3" r="1"/><path d="m3 12 3.5-3.3 2 1.8L11 8l3 3"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.2"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>',
  git: '<circle cx="4.5" cy="4" r="1.6"/><circle cx="4.5" cy="12" r="1.6"/><circle cx="11.5" cy="6" r="1.6"/><path d="M4.5 5.6v4.8M11.5 7.6c0 2.6-4 1.9-6 3.2"/>',
  check: '<path d="m3 8.5 3.2 3.2L13 5"/>',
  warn: '<path d="M8 2.5 14 13H2ZM8 6.5V9.5M8 11.3v.1"/>',
  code: '<path d="M5.5 5 2.5 8l3 3M10.5 5l3 3-3 3"/>',
  plug: '<path d="M6 2v3M10 2v3M4.5 5h7v3a3.5 3.5 0 0 1-7 0ZM8 11.5V14"/>',
  full: '<path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/>',
  keys: '<rect x="1.5" y="4" width="13" height="8.5" rx="1.2"/><path d="M4 7v.1M6.7 7v.1M9.3 7v.1M12 7v.1M5 10h6"/>',
  reset: '<path d="M2.5 8a5.5 5.5 0 1 0 1.8-4M2.5 2.5v3h3"/>',
  runs: '<path d="M2.5 4h11M2.5 8h11M2.5 12h7"/>',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className }: { name: IconName; className?: string }) {
  const classes = className ? `i ${className}` : "i";
  return <svg className={classes} viewBox="0 0 16 16" aria-hidden="true" dangerouslySetInnerHTML={{ __html: PATHS[name] }} />;
}

export function Logo() {
  return (
    <svg viewBox="0 0 17 20" aria-hidden="true">
      <path d="M3.2 19.2 1.4 7.6 5.2 1.3 10.6.8l4.6 4.5.6 13.9Z" fill="var(--ink-solid)" />
      <path d="M8.3 4.2v12M8.3 6.4l3.3 2.4M8.3 10.6l3.3 2.4" stroke="var(--surface)" strokeWidth="1.5" strokeLinecap="round" fill="none" />
    </svg>
  );
}
