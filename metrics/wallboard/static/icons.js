// One shape for each band, so that nobody needs its colour.

import { vector } from "./draw.js";

const SHAPES = {
  green: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M7 12.5l3.5 3.5 6.5-7.5"],
  amber: ["M12 2.5l10.5 19h-21z", "M12 9.5v5.5m0 3v.5"],
  red: ["M8 2h8l6 6v8l-6 6H8l-6-6V8z", "M8.5 8.5l7 7m0-7l-7 7"],
  plain: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M7.5 12h9"],
  closed: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M12 6.5v6l4 2.5"],
  blind: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M6 18L18 6"],
};

const BELL = "M12 2.5a6.5 6.5 0 0 0-6.5 6.5v5L3.5 17.5h17L18.5 14V9A6.5 6.5 0 0 0 12 2.5zM9.5 19.5a2.5 2.5 0 0 0 5 0z";

// The sign of a firing alert.
export function bell() {
  return vector("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "bell" }, vector("path", { d: BELL }));
}

export function icon(band) {
  const [outline, mark] = SHAPES[band];
  return vector(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" },
    vector("path", { d: outline, class: "outline" }),
    vector("path", { d: mark, class: "mark" }),
  );
}
