/** Our few line icons, drawn for 24 px, coloured by the text around them and silent to screen readers. */

const PATHS = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a3.5 3.5 0 100-7 3.5 3.5 0 000 7",
  album: "M4 5h16v14H4zM4 16l4.5-5 4 4.5 2.5-2.5 5 5M15.5 9.5h.01",
  burst: "M4 9h2l1.5-2h5L14 9h2v8H4zM10 15a2 2 0 100-4 2 2 0 000 4M8 4h9l3 2v9",
  pen: "M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
  search: "M11 18a7 7 0 100-14 7 7 0 000 14M16.5 16.5L21 21",
  today: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4M9 15l2 2 4-4",
  hall: "M4 10l8-6 8 6v10H4zM9 20v-6h6v6",
  send: "M12 19V5M6 11l6-6 6 6",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  phone: "M6 3h4l1.5 5-2.5 1.5a12 12 0 005.5 5.5L16 12.5l5 1.5v4c0 1.5-1 2.5-2.5 2.5C11 20.5 3.5 13 3.5 5.5 3.5 4 4.5 3 6 3z",
  map: "M12 21s7-6.5 7-11.5a7 7 0 00-14 0C5 14.5 12 21 12 21zM12 12a2.5 2.5 0 100-5 2.5 2.5 0 000 5",
  warn: "M12 4l9.5 16h-19zM12 10v4M12 17h.01",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  note: "M5 4h14v12l-4 4H5zM15 20v-4h4M9 9h6M9 13h3",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 100-6 3 3 0 000 6",
  retry: "M19 12a7 7 0 11-2-5M19 3v5h-5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
