// Draws the picture that the game ends with: the player's letters, and what was read.

const WIDTH = 1080; // px: what most places where pictures are shared show
const EDGE = 60; // px around all
const LETTER = 240; // px of the longer side of a letter that is kept for the sheet
const COLUMNS = 6;
const FONT = "system-ui, sans-serif";
const COLOURS = { ground: "#fff", text: "#1d1f26", soft: "#5c5a55", right: "#2b4ec4", misread: "#b0261c" }; // in any theme

/** A smaller copy of the picture of a letter. */
export function shrunk(image) {
  const scale = Math.min(1, LETTER / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** groups: [{ title, isRight, cells: [{ image, caption }] }], drawn one below the other. */
export function drawSheet(canvas, { title, line, groups, foot }) {
  const most = Math.max(...groups.map(({ cells }) => cells.length));
  const columns = Math.min(COLUMNS, Math.max(4, most));
  const side = (WIDTH - 2 * EDGE) / columns;
  const rows = groups.reduce((sum, { cells }) => sum + Math.ceil(cells.length / columns), 0);
  [canvas.width, canvas.height] = [WIDTH, EDGE + 150 + groups.length * 80 + rows * (side + 50) + EDGE];
  const context = canvas.getContext("2d");
  context.fillStyle = COLOURS.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const write = (text, x, y, size, colour, weight = 400, align = "left") => {
    [context.font, context.fillStyle, context.textAlign] = [`${weight} ${size}px ${FONT}`, colour, align];
    context.fillText(text, x, y, align === "center" ? side - 6 : WIDTH - 2 * EDGE);
  };
  write(title, EDGE, EDGE + 50, 60, COLOURS.text, 700);
  write(line, EDGE, EDGE + 105, 32, COLOURS.soft);
  let y = EDGE + 150;
  for (const { title: heading, isRight, cells } of groups) {
    const colour = isRight ? COLOURS.right : COLOURS.misread;
    write(`${heading} (${cells.length})`, EDGE, y + 50, 34, colour, 600);
    y += 80;
    cells.forEach(({ image, caption }, number) => {
      const [left, top] = [EDGE + (number % columns) * side, y + Math.floor(number / columns) * (side + 50)];
      context.strokeStyle = "#d8d4ca";
      context.lineWidth = 2;
      context.strokeRect(left + 6, top, side - 12, side - 12);
      const scale = (side - 50) / Math.max(image.width, image.height);
      const [width, height] = [image.width * scale, image.height * scale];
      context.imageSmoothingQuality = "high";
      context.drawImage(image, left + (side - width) / 2, top + (side - 12 - height) / 2, width, height);
      write(caption, left + side / 2, top + side + 20, 22, colour, 600, "center");
    });
    y += Math.ceil(cells.length / columns) * (side + 50);
  }
  write(foot, EDGE, canvas.height - 30, 26, COLOURS.soft);
}
