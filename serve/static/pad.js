// The drawing area: pointer events become strokes, strokes become pixels.

const SCALE = 600; // px of the pad's side in the picture that is sent: enough for a dozen letters, on any screen
const MARGIN = 12; // px around the ink in it

/** Strokes are kept as data, in units of the pad's side, so that undo, a new size and a new theme just draw again. */
export class Pad {
  #canvas;
  #onchange;
  #strokes = [];
  #undone = []; // the last first
  #current = null; // the stroke being drawn
  #pointer = null; // the id of the pointer that draws it
  #scheduled = false;

  /** penWidth: in units of the pad's side, for the next stroke. onchange: called with true while a stroke is drawn, with
   *  false when strokes end, go away or come back. */
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

  get canRedo() {
    return this.#undone.length > 0;
  }

  undo() {
    this.#drop();
    this.#undone.push(...this.#strokes.splice(-1));
    this.#changed();
  }

  redo() {
    this.#drop();
    this.#strokes.push(...this.#undone.splice(-1));
    this.#changed();
  }

  clear() {
    this.#drop();
    this.#strokes = [];
    this.#undone = [];
    this.#changed();
  }

  /**
   * The ink as a picture, black on white whatever the theme, with little around it.
   * Returns { image: a canvas, url: the data URL of a PNG, view: [x, y, width, height] of the pad in px of the picture }.
   */
  toPicture() {
    const strokes = this.#all();
    const low = [1, 1];
    const high = [0, 0];
    for (const { width, points } of strokes) {
      for (const point of points) {
        for (const axis of [0, 1]) {
          low[axis] = Math.min(low[axis], point[axis] - width / 2);
          high[axis] = Math.max(high[axis], point[axis] + width / 2);
        }
      }
    }
    const [x, y] = low.map((value) => Math.floor(Math.max(0, value) * SCALE) - MARGIN);
    const [right, bottom] = high.map((value) => Math.ceil(Math.min(1, value) * SCALE) + MARGIN);
    const image = document.createElement("canvas");
    [image.width, image.height] = [Math.max(1, right - x), Math.max(1, bottom - y)];
    const context = image.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, image.width, image.height);
    context.translate(-x, -y);
    paint(context, strokes, SCALE, "#000");
    return { image, url: image.toDataURL("image/png"), view: [-x, -y, SCALE, SCALE] };
  }

  #all() {
    return this.#current ? [...this.#strokes, this.#current] : this.#strokes;
  }

  #down(event) {
    if (this.#current || event.button !== 0) return; // a second finger, or another button
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#current = { width: this.penWidth, points: [] };
    this.#undone = [];
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
    this.#onchange(true);
  }

  #changed() {
    this.#repaint();
    this.#onchange(false);
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
      paint(context, this.#all(), side, getComputedStyle(canvas).color);
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
