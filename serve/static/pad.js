// The drawing area: pointer events become strokes, strokes become pixels.

export const EXPORT_SIDE = 600; // px of the picture that is sent: enough for a dozen letters, on any screen

/** Strokes are kept as data, in units of the pad's side, so that undo, a new size and a new theme just draw again. */
export class Pad {
  #canvas;
  #onchange;
  #strokes = [];
  #current = null; // the stroke being drawn
  #pointer = null; // the id of the pointer that draws it
  #scheduled = false;

  /** penWidth: in units of the pad's side, for the next stroke. onchange: called when a stroke ends or goes away. */
  constructor(canvas, { penWidth, onchange }) {
    this.#canvas = canvas;
    this.#onchange = onchange;
    this.penWidth = penWidth;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    new ResizeObserver(() => this.#repaint()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
  }

  get isEmpty() {
    return this.#strokes.length === 0 && !this.#current;
  }

  undo() {
    this.#drop();
    this.#strokes.pop();
    this.#changed();
  }

  clear() {
    this.#drop();
    this.#strokes = [];
    this.#changed();
  }

  /** The drawing as the data URL of a PNG, black on white whatever the theme. */
  toDataURL() {
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = EXPORT_SIDE;
    const context = sheet.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, EXPORT_SIDE, EXPORT_SIDE);
    paint(context, this.#strokes, EXPORT_SIDE, "#000");
    return sheet.toDataURL("image/png");
  }

  #down(event) {
    if (this.#current || event.button !== 0) return; // a second finger, or another button
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#current = { width: this.penWidth, points: [] };
    this.#extend([event]);
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    this.#extend(coalesced.length ? coalesced : [event]);
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#strokes.push(this.#current);
    this.#drop();
    this.#changed();
  }

  #cancel(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#drop(); // the system took the pointer for a gesture: it was no stroke
    this.#changed();
  }

  #drop() {
    this.#current = this.#pointer = null;
  }

  #extend(events) {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    for (const { clientX, clientY } of events) {
      this.#current.points.push([(clientX - left) / width, (clientY - top) / width]);
    }
    this.#repaint();
  }

  #changed() {
    this.#repaint();
    this.#onchange();
  }

  #repaint() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      const canvas = this.#canvas;
      const side = Math.round(canvas.clientWidth * devicePixelRatio);
      if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, side, side);
      const strokes = this.#current ? [...this.#strokes, this.#current] : this.#strokes;
      paint(context, strokes, side, getComputedStyle(canvas).color);
    });
  }
}

/** Smooth lines: quadratic curves from midpoint to midpoint, bent by the points themselves. */
function paint(context, strokes, side, colour) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = colour;
  for (const { width, points } of strokes) {
    const scaled = points.map(([x, y]) => [x * side, y * side]);
    context.lineWidth = width * side;
    context.beginPath();
    context.moveTo(...scaled[0]);
    for (let i = 1; i < scaled.length - 1; i++) {
      const [x, y] = scaled[i];
      const [nextX, nextY] = scaled[i + 1];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...scaled.at(-1)); // of a single point: a dot
    context.stroke();
  }
}
