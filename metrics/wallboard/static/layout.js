// How many columns: letters shall be as large as the screen allows, and are never smaller than can be read.

const NARROWEST = 330; // CSS pixels
const LOWEST = 235;
const SHARE = { width: 0.16, height: 0.21 }; // of the screen: a large one is read from farther away
const WIDE = 1.65; // width to height from which a tile has four columns of numbers; as in board.css

// The unit of a tile's letters, as board.css takes it.
function unit(width, height) {
  return width / height >= WIDE ? Math.min(0.0078 * width, 0.0145 * height) : Math.min(0.01 * width, 0.0115 * height);
}

export function columns(count, width, height) {
  let best = { columns: 1, unit: 0 };
  for (let across = 1; across <= count; across += 1) {
    const found = unit(width / across, height / Math.ceil(count / across));
    if (found > best.unit * 1.02) best = { columns: across, unit: found };
  }
  const narrowest = Math.max(NARROWEST, SHARE.width * width);
  const lowest = Math.max(LOWEST, SHARE.height * height);
  const fits = width / best.columns >= narrowest && height / Math.ceil(count / best.columns) >= lowest;
  return fits ? { columns: best.columns, scroll: false } : { columns: Math.max(1, Math.floor(width / narrowest)), scroll: true };
}

// Inside a page that scrolls, too, the room for tiles is what the screen leaves beside the rest of the page. Banners come
// and go, and the tiles shall stay where they are.
export function place(tiles, view) {
  const board = tiles.parentElement;
  const count = tiles.children.length;
  if (!count || view === "week") return;
  let height = window.innerHeight - (document.body.offsetHeight - board.offsetHeight);
  for (const banner of document.querySelectorAll(".banner")) height += banner.offsetHeight;
  const found = view === "queue" ? { columns: 1, scroll: true } : columns(count, board.clientWidth, height);
  if (tiles.style.getPropertyValue("--columns") !== String(found.columns)) tiles.style.setProperty("--columns", found.columns);
  document.documentElement.classList.toggle("scrolls", found.scroll);
}
