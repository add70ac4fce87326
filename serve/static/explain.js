// "How does it work?": the picture that is shown, or an example, on its way through the networks.

import { sentence, whenShown, whole } from "./answer.js";
import { ask } from "./reader.js";

const SOON = 500; // ms after an answer: while one writes on, the next one is waited for
const LONGEST = 720; // px of the longer side of the picture
const MOST = 24; // letters that are shown
const LINE_COLOUR = "#4468e8"; // of lines of writing, on black and under white
const STRIP = 48; // px: the height of a strip
const [NAMES, BARS, LETTERS] = [12, 36, 22]; // px below it: for names over bars, bars, and letters
const SIZES = [1.25, 2.5]; // of a strip's px on the screen: lines that are too long then are scrolled
const STEP = 2; // px of the strip that one bar stands for

const YOURS = "This is your picture on its way to text.";
const EXAMPLE = "This is an example. Write a letter, or upload a picture, and see here what becomes of yours.";
const NO_ANSWER = "The server does not answer. Open this again in a moment.";
const ALONE = "This picture shows one letter, so a third network looked at all of it, made 28 pixels high and wide.";
const BESIDE = "A letter that stands alone is read by a third network, which sees it 28 pixels high and wide, as here.";

const find = (id) => document.getElementById(id);
const [result, panel, note, pictureView, inkView] = ["result", "how", "how-note", "step-picture", "step-ink"].map(find);
const [lineViews, letterViews, alone] = ["step-lines", "step-letters", "step-alone"].map(find);

let shown = null; // the picture on the page that has an answer
let example = null; // what is explained where there is none
let explained = null; // the picture that is explained now
let waiting = null; // a timer
let underWay = new AbortController();

whenShown((picture) => {
  shown = picture;
  stop();
  if (panel.open) waiting = setTimeout(explain, SOON);
});
panel.addEventListener("toggle", () => (panel.open ? explain() : stop()));

function stop() {
  clearTimeout(waiting);
  underWay.abort();
}

async function explain() {
  stop();
  if (!shown && "busy" in result.dataset) return; // an answer is on its way
  const { signal } = (underWay = new AbortController());
  try {
    const picture = shown ?? (example ??= await made());
    if (signal.aborted) return;
    if (picture === explained) return showNote(picture);
    note.textContent = "Reading …";
    const answer = await ask({ ...picture.question, explain: true }, signal);
    const maps = await Promise.all([answer.explanation.ink, answer.explanation.core].map(decoded));
    if (signal.aborted) return;
    show(answer, picture, maps);
    explained = picture;
  } catch (error) {
    if (signal.aborted) return;
    note.textContent = sentence(error.message);
    if (error.retry) waiting = setTimeout(explain, 1000 * error.retry);
  }
}

/** The first of the pictures that can be tried. */
async function made() {
  const address = document.querySelector("[data-example]").dataset.example;
  const answer = await fetch(address).catch(() => Promise.reject(new Error(NO_ANSWER)));
  const blob = await answer.blob();
  return { image: await decoded(address), question: { picture: blob, alphabet: "any", language: "", turn: true }, scale: 1 };
}

async function decoded(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

function showNote(picture) {
  note.textContent = picture === example ? EXAMPLE : YOURS;
}

function show({ explanation, letters, turned }, picture, [ink, core]) {
  showNote(picture);
  drawPicture(picture, explanation.part, turned);
  drawInk(ink, core);
  const { lines, all_lines: all } = explanation;
  const figures = lines.map((line, i) => lineFigure(line, i, explanation.alone ? [] : letters.slice(line.first)));
  lineViews.replaceChildren(...figures, more(all - lines.length, "line", "lines"));
  alone.textContent = explanation.alone ? ALONE : BESIDE;
  letterViews.replaceChildren(...letters.slice(0, MOST).map(letterCard), more(letters.length - MOST, "letter", "letters", "li"));
}

/** How many more there are, or nothing. */
function more(count, one, many, tag = "p") {
  return count > 0 ? element(tag, "soft", `and ${count} more ${count === 1 ? one : many}`) : "";
}

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

// ------------------------------------------------------------------------------------------------ pictures

/** The part of the picture that the first network looked at, upright. part: in px of the picture that was sent. */
function drawPicture({ image, ground = "#fff", scale: sent }, part, turned) {
  pictureView.hidden = !image; // some formats that the server reads are none that this browser shows
  if (!image) return;
  const source = part.map((value) => value * sent);
  const scale = Math.min(1, LONGEST / Math.max(source[2], source[3]));
  const [width, height] = source.slice(2).map((side) => Math.max(1, Math.round(side * scale)));
  [pictureView.width, pictureView.height] = turned % 180 ? [height, width] : [width, height];
  const context = pictureView.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.translate(pictureView.width / 2, pictureView.height / 2);
  context.rotate((turned * Math.PI) / 180);
  context.fillStyle = ground;
  context.fillRect(-width / 2, -height / 2, width, height);
  context.drawImage(image, ...source, -width / 2, -height / 2, width, height);
}

function drawInk(ink, core) {
  inkView.hidden = false;
  inkView.parentElement.style.setProperty("--ratio", ink.naturalWidth / ink.naturalHeight);
  [inkView.width, inkView.height] = [ink.naturalWidth, ink.naturalHeight];
  const context = inkView.getContext("2d");
  context.drawImage(core, 0, 0);
  context.globalCompositeOperation = "multiply";
  context.fillStyle = LINE_COLOUR;
  context.fillRect(0, 0, inkView.width, inkView.height);
  context.globalCompositeOperation = "lighten";
  context.drawImage(ink, 0, 0);
}

// --------------------------------------------------------------------------------------------------- lines

/** A line: its strip, a bar for each step of the network, and its letters below their ink. */
function lineFigure({ strip, symbols, percents, boxes }, number, letters) {
  const [width, height] = [STEP * symbols.length, STRIP + NAMES + BARS + (letters.length ? LETTERS : 2)];
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  drawing.style.minWidth = `${SIZES[0] * width}px`;
  const runs = runsOf(symbols, percents);
  const said = runs.map(({ symbol, percent }) => `${symbol === " " ? "space" : symbol} ${whole(percent)}`).join(", ");
  drawing.setAttribute("aria-label", `Line ${number + 1}, step by step: ${said}`);
  const floor = STRIP + NAMES + BARS;
  const bars = (chosen) => symbols.map((symbol, i) => (chosen(symbol) ? `M${STEP * i} ${floor}v${(-BARS * percents[i]) / 100}h${STEP}V${floor}` : "")).join("");
  drawing.append(
    svg("image", { href: strip, width, height: STRIP }),
    svg("path", { class: "gap", d: bars((symbol) => !symbol.trim()) }),
    svg("path", { class: "bar", d: bars((symbol) => symbol.trim()) }),
    ...runs.map(({ symbol, percent, middle }) => svg("text", { class: "name", x: middle, y: floor - (BARS * percent) / 100 - 3 }, symbol)),
    ...boxes.flatMap(([x, y, w, h], i) => {
      const box = svg("rect", { class: letters[i]?.unsure ? "box doubtful" : "box", x, y, width: w, height: h, rx: 1.5 });
      const letter = letters[i] && svg("text", { class: letters[i].unsure ? "letter doubtful" : "letter", x: x + w / 2, y: height - 4 }, letters[i].letter);
      return letter ? [box, letter] : [box];
    }),
  );
  const figure = element("figure", "line", drawing);
  figure.style.maxWidth = `${SIZES[1] * width}px`;
  figure.tabIndex = 0; // so that keys can scroll it
  figure.setAttribute("aria-label", `Line ${number + 1}`);
  return figure;
}

/** The symbols in the order of the line, each once: { symbol, percent: the highest of its steps, middle: px }. */
function runsOf(symbols, percents) {
  const runs = [];
  symbols.forEach((symbol, i) => {
    const last = runs.at(-1);
    if (last?.symbol === symbol) Object.assign(last, { percent: Math.max(last.percent, percents[i]), end: i + 1 });
    else runs.push({ symbol, percent: percents[i], first: i, end: i + 1 });
  });
  const known = runs.filter(({ symbol }) => symbol);
  return known.map(({ symbol, percent, first, end }) => ({ symbol, percent, middle: (STEP * (first + end)) / 2 }));
}

function svg(tag, attributes, ...content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

// ------------------------------------------------------------------------------------------------- letters

/** A letter: what a network sees of it, and what it may be. */
function letterCard({ letter, unsure, candidates, frame }) {
  const image = element("img", "");
  [image.src, image.alt, image.width, image.height] = [frame, "", 56, 56];
  const [best, ...others] = candidates;
  const less = others.map((one) => element("small", "", `${one.letter} ${whole(one.percent)}`));
  const said = element("span", "", element("b", "", letter), ` ${whole(best.percent)}`, ...less);
  return element("li", unsure ? "doubtful" : "", image, said);
}
