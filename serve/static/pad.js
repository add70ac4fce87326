// The drawing area: pointer events and keys become strokes, strokes become pixels.

const SCALE = 600; // px of the pad's height in the picture that is sent: enough for a dozen letters, on any screen
const MARGIN = 12; // px around the ink in it
const FULL = 0.3; // height of letters, in pad heights, from which strokes are as wide as the pen
const THINNEST = 0.35; // of the pen's width: what is left of it in tiny letters, so that they can be seen
const STILL = 0.01; // pad heights that a hand may move during a tap: it leaves a dot
const BESIDE = 16; // px around the pad where a stroke may begin: no more than the gap to what is beside it
const PEN_RULES = 2000; // ms after a pen was seen in which a touch is the hand that holds it
const RUBBER = 0.035; // pad heights around the eraser's middle that are rubbed out
const ERASER_BUTTON = 5; // of a pen that is held the other way round
const OVER = 0.02; // pad heights that a stroke may go on beyond the edge: it is cut off there, and not bent along it
const STEP = 1 / 28; // pad heights that an arrow key moves the pen, as in the notebook
const WAYS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const CONTROLS = "button, input, label, a, summary, select";

/**
 * Strokes are kept as data, so that undo, a new size and a new theme just draw again. Their points count from the middle
 * of the pad, in units of its height. All of them thin together when what is written is small.
 */
export class Pad {
  #canvas;
  #onchange;
  #strokes = []; // { width, points, height }; never changed in place, so that the past can hold the list itself
  #past = []; // lists of strokes to go back to, the latest last
  #future = []; // lists that undo left
  #current = null; // the stroke being drawn
  #rubbed = null; // { before, at } while the eraser is down: the strokes as they were, and where it is
  #pointer = null; // { id, type } of what draws or erases
  #penSeen = -Infinity; // ms
  #at = null; // where the keys have the pen, while they are used
  #zoom = 1; // below 1 where a drawing from a larger pad would not fit
  #scheduled = false;

  /** Whether the next strokes erase. */
  erases = false;

  /** penWidth: in pad heights, for the next stroke. onchange: called with true while a stroke is drawn, with false when
   *  strokes end, go away or come back. */
  constructor(canvas, { penWidth, onchange }) {
    this.#canvas = canvas;
    this.#onchange = onchange;
    this.penWidth = penWidth;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    for (const end of ["pointerup", "lostpointercapture"]) canvas.addEventListener(end, (event) => this.#up(event));
    document.addEventListener("pointerdown", (event) => this.#isBeside(event) && this.#down(event));
    canvas.addEventListener("keydown", (event) => this.#press(event));
    canvas.addEventListener("blur", () => this.#leaveKeys());
    new ResizeObserver(() => this.#resized()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
  }

  get isEmpty() {
    return this.#strokes.length === 0 && !this.#current;
  }

  get canUndo() {
    return this.#past.length > 0 || Boolean(this.#pointer);
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** What `restore` takes: the finished strokes. */
  get strokes() {
    return this.#strokes;
  }

  /** The width that the pen has on the screen, in px. */
  get penOnScreen() {
    return this.penWidth * thinning(this.#strokes) * this.#canvas.clientHeight;
  }

  /** Begin with strokes of an earlier visit. */
  restore(strokes) {
    [this.#strokes, this.#past, this.#future] = [strokes, [], []];
    this.#resized();
    this.#changed();
  }

  /** Take back the last stroke, or the last `clear`. */
  undo() {
    if (!this.#drop() && this.#past.length) {
      this.#future.push(this.#strokes);
      this.#strokes = this.#past.pop();
    }
    this.#changed();
  }

  redo() {
    this.#drop();
    if (this.#future.length) {
      this.#past.push(this.#strokes);
      this.#strokes = this.#future.pop();
    }
    this.#changed();
  }

  clear() {
    this.#drop();
    if (this.#strokes.length) this.#commit([]);
    this.#changed();
  }

  /**
   * The ink as a picture, black on white whatever the theme, with little around it.
   * Returns { image: a canvas, url: the data URL of a PNG, view: [x, y, width, height] of the pad in px of the picture }.
   */
  toPicture() {
    const strokes = this.#inked();
    const half = this.#half;
    const [low, high] = [[...half], half.map((value) => -value)];
    for (const { width, points } of strokes) {
      for (const point of points) {
        for (const axis of [0, 1]) {
          low[axis] = Math.min(low[axis], point[axis] - width / 2);
          high[axis] = Math.max(high[axis], point[axis] + width / 2);
        }
      }
    }
    const [x, y] = low.map((value, axis) => Math.floor(Math.max(-half[axis], value) * SCALE) - MARGIN);
    const [right, bottom] = high.map((value, axis) => Math.ceil(Math.min(half[axis], value) * SCALE) + MARGIN);
    const image = document.createElement("canvas");
    [image.width, image.height] = [Math.max(1, right - x), Math.max(1, bottom - y)];
    const context = image.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, image.width, image.height);
    context.translate(-x, -y);
    paint(context, strokes, SCALE, "#000");
    const [left, top] = half.map((value) => -value * SCALE);
    return { image, url: image.toDataURL("image/png"), view: [left - x, top - y, -2 * left, -2 * top] };
  }

  /** Half the width and half the height of the pad, in the units of strokes. */
  get #half() {
    const { clientWidth, clientHeight } = this.#canvas;
    return [(clientWidth / clientHeight || 1) / 2 / this.#zoom, 1 / 2 / this.#zoom];
  }

  /** All strokes, as wide as they are drawn. */
  #inked() {
    const factor = thinning(this.#strokes);
    const all = this.#current ? [...this.#strokes, this.#current] : this.#strokes;
    return all.map(({ width, points }) => ({ width: width * factor, points }));
  }

  // ----------------------------------------------------------------------------------------------- pointers

  #isBeside({ target, pointerType, clientX, clientY }) {
    if (target === this.#canvas || pointerType === "touch" || target.closest?.(CONTROLS)) return false; // touch scrolls
    if (target.closest?.("dialog") !== this.#canvas.closest("dialog")) return false; // one pad lies behind the other's dialog
    const { left, top, right, bottom, width } = this.#canvas.getBoundingClientRect();
    const [x, y] = [Math.max(left - clientX, clientX - right), Math.max(top - clientY, clientY - bottom)];
    return width > 0 && Math.max(x, y) < BESIDE;
  }

  #down(event) {
    if (![0, ERASER_BUTTON].includes(event.button) || !this.#mayDraw(event)) return;
    event.preventDefault();
    this.#leaveKeys();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#begin({ id: event.pointerId, type: event.pointerType }, this.erases || event.button === ERASER_BUTTON);
    this.#extend([event]);
  }

  /** Whether a pointer may begin a stroke. A pen ends the stroke of a hand that came down before it. */
  #mayDraw({ pointerId, pointerType, timeStamp }) {
    if (pointerType === "pen") this.#penSeen = timeStamp;
    if (pointerType === "touch" && timeStamp - this.#penSeen < PEN_RULES) return false;
    if (!this.#pointer || this.#pointer.type === "keys") return true;
    if (pointerType === "pen" && this.#pointer.type === "touch") return this.#drop();
    if (pointerId !== this.#pointer.id) return false; // a second finger
    this.#end(); // it was released where no event came from
    return true;
  }

  #move(event) {
    if (event.pointerType === "pen") this.#penSeen = event.timeStamp;
    if (event.pointerId !== this.#pointer?.id) return;
    if (event.buttons === 0) return this.#end(); // it was released elsewhere
    const coalesced = event.getCoalescedEvents?.() ?? [];
    this.#extend(coalesced.length ? coalesced : [event]);
  }

  #up(event) {
    if (event.pointerId === this.#pointer?.id) this.#end();
  }

  #cancel(event) {
    if (event.pointerId !== this.#pointer?.id) return;
    this.#drop(); // the system took the pointer for a gesture: it was no stroke
    this.#changed();
  }

  #extend(events) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const unit = height * this.#zoom;
    this.#goTo(events.map(({ clientX, clientY }) => [(clientX - left - width / 2) / unit, (clientY - top - height / 2) / unit]));
  }

  // --------------------------------------------------------------------------------------------------- keys

  /** Arrows move the pen, space puts it down or lifts it, Backspace takes a stroke back, Escape all. */
  #press(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in WAYS || [" ", "Backspace", "Escape"].includes(key))) return;
    event.preventDefault();
    const at = this.#at ?? [0, 0];
    this.#at = at;
    if (key in WAYS) {
      const half = this.#half;
      this.#at = at.map((value, axis) => Math.max(-half[axis], Math.min(half[axis], value + WAYS[key][axis] / this.#zoom)));
      if (this.#pointer) this.#goTo([this.#at]);
    } else if (key === "Backspace") this.undo();
    else if (key === "Escape") this.clear();
    else if (this.#pointer) this.#end();
    else {
      this.#begin({ type: "keys" }, this.erases);
      this.#goTo([at]);
    }
    this.#repaint();
  }

  #leaveKeys() {
    if (this.#pointer?.type === "keys") this.#end();
    this.#at = null;
    this.#repaint();
  }

  // ------------------------------------------------------------------------------------------------ strokes

  #begin(pointer, erases) {
    this.#pointer = pointer;
    if (erases) this.#rubbed = { before: this.#strokes, at: null };
    else this.#current = { width: this.penWidth / this.#zoom, points: [] };
  }

  #goTo(points) {
    const half = this.#half;
    const kept = (value, axis) => Math.max(-half[axis] - OVER, Math.min(half[axis] + OVER, value));
    const inside = points.map((point) => point.map(kept));
    if (this.#rubbed) this.#rub(inside);
    else this.#current.points.push(...inside);
    this.#repaint();
    this.#onchange(true);
  }

  #rub(points) {
    const path = along(this.#rubbed.at ? [this.#rubbed.at, ...points] : points, this.#rubber / 2);
    this.#strokes = this.#strokes.flatMap((stroke) => without(stroke, path, this.#rubber));
    this.#rubbed.at = points.at(-1);
  }

  get #rubber() {
    return RUBBER / this.#zoom;
  }

  #end() {
    const [current, after, before] = [this.#current, this.#strokes, this.#rubbed?.before];
    const half = this.#half;
    this.#drop();
    if (before) {
      if (after.length !== before.length || after.some((stroke, i) => stroke !== before[i])) this.#commit(after);
    } else if (current.points.some((point) => point.every((value, axis) => Math.abs(value) <= half[axis]))) {
      const { width, points } = current;
      const still = Math.max(...sides(points)) < STILL / this.#zoom;
      this.#commit([...this.#strokes, { width, points: still ? points.slice(0, 1) : points }]);
    }
    this.#changed();
  }

  /** Forget what is being drawn or erased. Returns whether anything was. */
  #drop() {
    const busy = Boolean(this.#pointer);
    if (this.#rubbed) this.#strokes = this.#rubbed.before;
    this.#current = this.#pointer = this.#rubbed = null;
    return busy;
  }

  #commit(strokes) {
    this.#past.push(this.#strokes);
    [this.#strokes, this.#future] = [strokes, []];
  }

  #changed() {
    this.#repaint();
    this.#onchange(false);
  }

  // -------------------------------------------------------------------------------------------------- paint

  #resized() {
    if (!this.#canvas.clientHeight) return; // hidden
    this.#zoom = 1;
    const half = this.#half;
    for (const { points } of this.#strokes) {
      for (const point of points) {
        for (const axis of [0, 1]) this.#zoom = Math.min(this.#zoom, half[axis] / Math.abs(point[axis]));
      }
    }
    this.#repaint();
  }

  #repaint() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      const canvas = this.#canvas;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext("2d");
      const { color, accentColor } = getComputedStyle(canvas);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      context.translate(width / 2, height / 2);
      paint(context, this.#inked(), height * this.#zoom, color);
      const tip = this.#at ?? this.#rubbed?.at;
      if (tip) this.#showTip(context, tip, height * this.#zoom, accentColor);
    });
  }

  /** Where the keys have the pen, or the eraser is: a ring, filled while the pen is down. */
  #showTip(context, [x, y], unit, colour) {
    context.beginPath();
    context.arc(x * unit, y * unit, (this.#rubbed || this.erases ? this.#rubber : 0.02) * unit, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 2 * devicePixelRatio;
    context.stroke();
    if (this.#current) context.fill();
  }
}

/** The width and the height of what points cover. */
function sides(points) {
  return [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  });
}

/**
 * The share of the pen's width that strokes keep, from THINNEST to 1, so that the loops of small letters stay open.
 * It goes with the median height of the high strokes: the others are bars, hooks and dots.
 */
function thinning(strokes) {
  const heights = strokes.map(heightOf);
  const high = heights.filter((height) => height > 0 && height >= Math.max(...heights) / 2).sort((a, b) => a - b);
  if (high.length === 0) return 1;
  return Math.max(THINNEST, Math.min(1, high[Math.floor(high.length / 2)] / FULL));
}

/** The height that a stroke was drawn with; flat ones count by their width. */
function heightOf({ points, height }) {
  const [across, down] = sides(points);
  return height ?? Math.max(down, across / 3);
}

/** What is left of a stroke, as strokes that are as wide as it was, where an eraser went along a path. */
function without(stroke, path, reach) {
  const points = along(stroke.points, reach / 4);
  const isLeft = ([x, y]) => path.every(([rubbedX, rubbedY]) => Math.hypot(x - rubbedX, y - rubbedY) >= reach + stroke.width / 2);
  const pieces = [[]];
  for (const point of points) {
    if (isLeft(point)) pieces.at(-1).push(point);
    else pieces.push([]);
  }
  if (pieces.length === 1) return [stroke];
  const height = heightOf(stroke); // pieces of a high stroke do not thin
  return pieces.filter(({ length }) => length > 1).map((piece) => ({ ...stroke, height, points: piece }));
}

/** Points along a stroke as it is painted, no farther apart than a step. */
function along(points, step) {
  let from = points[0];
  const all = [from];
  for (let i = 1; i < points.length; i++) {
    const [bend, last] = [points[i], i === points.length - 1];
    const to = last ? bend : middle(bend, points[i + 1]);
    const count = Math.ceil((Math.hypot(bend[0] - from[0], bend[1] - from[1]) + Math.hypot(to[0] - bend[0], to[1] - bend[1])) / step);
    for (let j = 1; j <= count; j++) {
      const share = j / count;
      all.push([0, 1].map((axis) => (1 - share) ** 2 * from[axis] + 2 * share * (1 - share) * bend[axis] + share ** 2 * to[axis]));
    }
    from = to;
  }
  return all;
}

const middle = (a, b) => [0, 1].map((axis) => (a[axis] + b[axis]) / 2);

/** Smooth lines: quadratic curves from midpoint to midpoint, bent by the points themselves. */
function paint(context, strokes, unit, colour) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = colour;
  for (const { width, points } of strokes) {
    const scaled = points.map(([x, y]) => [x * unit, y * unit]);
    context.lineWidth = width * unit;
    context.beginPath();
    if (scaled.every(([x, y]) => x === scaled[0][0] && y === scaled[0][1])) {
      context.arc(...scaled[0], (width * unit) / 2, 0, 2 * Math.PI); // a line without length would leave nothing
      context.fill();
      continue;
    }
    context.moveTo(...scaled[0]);
    for (let i = 1; i < scaled.length - 1; i++) {
      const [x, y] = scaled[i];
      const [nextX, nextY] = scaled[i + 1];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...scaled.at(-1));
    context.stroke();
  }
}
