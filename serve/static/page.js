// The page: a pad or pictures, read whenever they change.

import { showAnswer, showBlank, showBusy, showError } from "./answer.js";
import "./explain.js";
import { showFiles } from "./files.js";
import "./kept.js";
import { Pad } from "./pad.js";
import { groundOf, toSend, turned } from "./pictures.js";
import { cancel, read } from "./reader.js";

const LIVE = 200; // ms between two readings while a stroke is drawn
const READING = "Reading the picture …";
const NO_ANSWER = "The server does not answer. Try again in a moment.";
const DRAWING = "letters.drawing"; // the key of what is kept of the pad in this browser

const find = (id) => document.getElementById(id);
const [paper, undo, redo, clear, back, upload, camera] = ["paper", "undo", "redo", "clear", "back", "upload", "camera"].map(find);
const [penWidth, alphabet, language, view, preview, fileName] = ["pen-width", "alphabet", "language", "upload-view", "preview", "file-name"].map(find);
const [pen, penDot, stays] = ["pen", "pen-dot", "stays"].map(find);
const [eraser, turnLeft, turnRight, asItLies] = ["eraser", "turn-left", "turn-right", "as-it-lies"].map(find);

let drawing = {}; // of the pad: { asItLies, turnable }, as of a picture
let files = []; // pictures in place of the pad: { file, answer, error, asItLies: not to be turned, turnable: was turned }
let at = 0; // which of them is shown
let retry = null; // the timer of the next try, after one that failed
let live = null; // the timer of the next reading while a stroke is drawn

const pad = new Pad(find("pad"), { penWidth: penWidth.valueAsNumber / 100, onchange: padChanged });

// ------------------------------------------------------------------------------------------------- reading

function padChanged(isDrawing) {
  if (pad.isEmpty) drawing = {};
  refresh();
  if (isDrawing) return (live ??= setTimeout(readPad, LIVE));
  if (pad.isEmpty) takeEraser(false); // there is nothing left to erase
  store();
  readPad();
}

function takeEraser(erases) {
  pad.erases = erases;
  eraser.setAttribute("aria-pressed", String(erases));
  paper.dataset.tool = erases ? "eraser" : "pen";
}

function refresh() {
  const uploaded = files.length > 0;
  paper.dataset.source = uploaded ? "file" : "pad";
  paper.dataset.written = String(uploaded || !pad.isEmpty);
  for (const tool of [undo, redo, clear, eraser, pen, find("pad")]) tool.hidden = uploaded;
  turnLeft.hidden = turnRight.hidden = !uploaded || preview.hidden; // what this browser cannot show, it cannot turn
  const { asItLies: lies = false, turnable = false } = files[at] ?? drawing;
  asItLies.hidden = !turnable;
  asItLies.setAttribute("aria-pressed", String(lies));
  back.hidden = !uploaded;
  back.textContent = pad.isEmpty ? "Back to the pad" : "Back to my drawing";
  undo.disabled = !pad.canUndo;
  redo.disabled = !pad.canRedo;
  clear.disabled = eraser.disabled = pad.isEmpty;
  penDot.style.setProperty("--size", `${pad.penOnScreen}px`);
}

/** Keep the drawing in this browser, for a reload. */
function store() {
  const strokes = pad.strokes.map((stroke) => ({ ...stroke, points: stroke.points.map((point) => point.map(rounded)) }));
  try {
    if (strokes.length) localStorage.setItem(DRAWING, JSON.stringify(strokes));
    else localStorage.removeItem(DRAWING);
  } catch (error) {
    stays.textContent = `This browser does not let the page keep your drawing (${error.message}).`;
  }
}

const rounded = (value) => Math.round(value * 1e4) / 1e4;

/** The strokes of the last visit. */
function stored() {
  const isPoint = (point) => point.length === 2 && point.every(Number.isFinite);
  try {
    const strokes = JSON.parse(localStorage.getItem(DRAWING)) ?? [];
    if (strokes.every(({ width, points }) => width > 0 && points.length > 0 && points.every(isPoint))) return strokes;
    throw new Error("it is damaged");
  } catch (error) {
    stays.textContent = `Your last drawing could not be brought back (${error.message}).`;
    return [];
  }
}

async function readPad() {
  clearTimeout(live);
  live = null;
  if (files.length) return;
  stop();
  if (pad.isEmpty) return showBlank();
  const picture = pad.toPicture();
  showBusy();
  try {
    const question = asked(picture.url, drawing);
    const answer = await read(question);
    if (!answer) return;
    showAnswer(answer, { ...picture, question, scale: 1 });
    noteTurn(drawing, answer);
  } catch (error) {
    if (error.code === "no_ink") showBlank("That is no letter yet. Go on writing.");
    else failed(error, readPad);
  }
}

/** Read the pictures that were not read yet, one after the other. */
async function readFiles() {
  stop();
  const round = (files = [...files]); // another list means that something else is shown now
  for (const item of round) {
    if (item.answer || item.error) continue;
    if (item === files[at]) showBusy(READING);
    try {
      item.sent ??= await toSend(item.file);
      if (files !== round) return;
      const question = asked(small(item.sent.file), item);
      const answer = await read(question);
      if (!answer) return; // something else is read now
      Object.assign(item, { answer: enlarged(answer, item.sent.scale), question });
      noteTurn(item, answer);
    } catch (error) {
      if (error.retry) return failed(error, readFiles);
      item.error = error.message;
    }
    showProgress();
    if (item === files[at]) await showReading(item);
  }
}

/** The file, if it is not too large to be sent. */
function small(file) {
  const { maxBytes } = upload.dataset;
  if (file.size <= maxBytes) return file;
  throw new Error(`This file is too large. Choose a picture of at most ${maxBytes / 1024 ** 2} MB.`);
}

/** An answer with its boxes in px of a picture that was made smaller by `scale` before it was sent. */
function enlarged(answer, scale) {
  return { ...answer, letters: answer.letters.map((letter) => ({ ...letter, box: letter.box.map((value) => value * scale) })) };
}

/** The question about a picture, a data URL or a File, with what is chosen. source: the drawing, or one of `files`. */
function asked(picture, source) {
  return { picture, alphabet: alphabet.value, language: language.value, turn: !source.asItLies };
}

/** Offer to read what was turned as it lies; and once that was offered, either way. */
function noteTurn(source, { turned }) {
  source.turnable ||= turned !== 0;
  refresh();
}

function stop() {
  cancel();
  clearTimeout(retry);
}

function failed(error, again) {
  showError(error.message);
  if (error.retry) retry = setTimeout(again, 1000 * error.retry);
}

function readAgain() {
  if (files.length === 0) return readPad();
  for (const item of files) [item.answer, item.error] = [];
  showProgress();
  return readFiles();
}

// ------------------------------------------------------------------------------------------------- pictures

/** Take pictures in place of the pad. Of an empty list, nothing comes. */
function take(chosen) {
  if (chosen.length === 0) return;
  files = [...chosen].map((file) => ({ file }));
  show(0);
  showProgress();
  readFiles();
}

function show(number) {
  at = number;
  URL.revokeObjectURL(preview.src);
  const item = files[at];
  view.hidden = preview.hidden = !item;
  preview.style.backgroundColor = "";
  if (item) {
    fileName.textContent = item.file.name;
    preview.src = URL.createObjectURL(item.file);
    if (!item.answer) showBlank(READING);
  } else preview.removeAttribute("src");
  refresh();
}

async function showReading(item) {
  if (item.error) return showError(item.error);
  if (!item.answer) return showBusy(READING);
  await preview.decode().catch(() => {}); // some formats that the server reads are none that this browser shows
  if (item !== files[at]) return;
  const { naturalWidth, naturalHeight } = preview;
  const ground = preview.style.backgroundColor || undefined;
  const { question, sent } = item;
  showAnswer(item.answer, { image: naturalWidth ? preview : null, view: [0, 0, naturalWidth || 1, naturalHeight || 1], ground, question, scale: sent.scale });
}

/** The list of several pictures. */
function showProgress() {
  showFiles(files, at, (number) => {
    show(number);
    showProgress();
    showReading(files[number]);
  });
}

/** Turn the picture that is shown by so many degrees to the right, and read it again. */
async function turn(by) {
  const item = files[at];
  item.original ??= item.file; // what is turned twice is no blurrier
  const degrees = (item.degrees = ((item.degrees ?? 0) + by + 360) % 360);
  const file = await turned(item.original, degrees);
  if (!files.includes(item) || item.degrees !== degrees) return; // it is gone, or was turned on
  Object.assign(item, { file, answer: undefined, error: undefined, sent: undefined });
  if (item === files[at]) show(at);
  showProgress();
  readFiles();
}

preview.addEventListener("error", () => {
  preview.hidden = true; // no picture: its name is shown alone
  refresh();
});
preview.addEventListener("load", () => {
  const grey = groundOf(preview);
  if (grey !== null) preview.style.backgroundColor = `rgb(${grey} ${grey} ${grey})`;
});

for (const input of [upload, camera]) {
  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // the same file can be chosen again
  });
}

for (const example of document.querySelectorAll("[data-example]")) {
  example.addEventListener("click", async () => {
    try {
      const picture = await (await fetch(example.dataset.example)).blob();
      take([new File([picture], example.dataset.name, { type: picture.type })]);
    } catch {
      showError(NO_ANSWER);
    }
  });
}

const isCovered = () => Boolean(document.querySelector("dialog[open]")); // by the game
document.addEventListener("paste", (event) => isCovered() || take(event.clipboardData.files));

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && !isCovered();
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault(); // or the browser would leave the page and open the file
  paper.classList.add("target");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) paper.classList.remove("target"); // it left the window
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  paper.classList.remove("target");
  take(event.dataTransfer.files);
});

// ---------------------------------------------------------------------------------------------------- tools

clear.addEventListener("click", () => pad.clear());
back.addEventListener("click", () => {
  files = [];
  show(0);
  showProgress();
  readPad();
  find("pad").focus({ preventScroll: true }); // the button is gone
});
turnLeft.addEventListener("click", () => turn(-90));
turnRight.addEventListener("click", () => turn(90));
eraser.addEventListener("click", () => takeEraser(!pad.erases));
undo.addEventListener("click", () => pad.undo());
redo.addEventListener("click", () => pad.redo());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || isCovered() || event.target.matches("input:not([type=range], [type=radio], [type=checkbox])")) return;
  const key = event.key.toLowerCase();
  const button = key === "y" || (key === "z" && event.shiftKey) ? redo : key === "z" ? undo : null;
  if (!button || button.disabled || button.hidden) return;
  event.preventDefault();
  button.click();
});
penWidth.addEventListener("input", () => {
  pad.penWidth = penWidth.valueAsNumber / 100;
  refresh();
});
addEventListener("resize", refresh);
asItLies.addEventListener("click", () => {
  const source = files[at] ?? drawing;
  source.asItLies = !source.asItLies;
  refresh();
  if (!files.length) return readPad();
  source.answer = source.error = undefined;
  showReading(source);
  showProgress();
  readFiles();
});
for (const choice of [alphabet, language]) choice.addEventListener("change", readAgain);

async function play() {
  try {
    (await import("./game.js")).open(); // which most visits do not need
  } catch {
    showError(NO_ANSWER);
  }
}

find("play").addEventListener("click", play);
if (location.hash === "#alphabet") play(); // a shared sheet leads here

pad.restore(stored());
