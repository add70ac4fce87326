// "Can it read your alphabet?": asks for one letter after another, times and counts, and shows the sheet at the end.

import { keep } from "./corrections.js";
import { showKept, tryToKeep } from "./kept.js";
import { Pad } from "./pad.js";
import { ask } from "./reader.js";
import { save } from "./save.js";
import { drawSheet, shrunk } from "./sheet.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TASTE = 5; // letters of a short game
const PEN = 0.03; // pad heights
const MOST_SHOWN = 4; // letters of what was read in place of one
const FILE = "my_alphabet.png";

const find = (id) => document.getElementById(`game-${id}`);
const dialog = document.getElementById("game");
const [scenes, asked, count, clock, marks] = ["scenes", "asked", "count", "clock", "marks"].map(find);
const [undo, next, score, sheet, note] = ["undo", "next", "score", "sheet", "note"].map(find);
const [saving, sharing, keeping] = ["save", "share", "keep"].map(find);

let tasks = []; // { letter, image, read, frame }; what was read is undefined until it is known
let at = 0; // the task that is asked for
let round = new AbortController(); // ends what is read for a game that is over
let spent = 0; // ms of writing, before the clock was started last
let started = null; // ms: when it was
let picture = null; // the sheet, as a file

const pad = new Pad(find("pad"), { penWidth: PEN, onchange: padChanged });
setInterval(showTime, 500);

/** Show the game: from its beginning, or where it was left. */
export function open() {
  if (!dialog.dataset.scene) begin();
  dialog.showModal();
  if (dialog.dataset.scene === "write") goOn();
}

// ------------------------------------------------------------------------------------------------- writing

function begin() {
  scene("start");
  sharing.hidden = !navigator.canShare?.({ files: [new File([], FILE, { type: "image/png" })] });
}

function start(letters) {
  round.abort();
  round = new AbortController();
  const lower = dialog.querySelector("[name=game-case]:checked").value === "lower";
  tasks = letters.map((letter) => ({ letter: lower ? letter.toLowerCase() : letter }));
  [at, spent, started] = [0, 0, null];
  scene("write");
  goOn();
  askFor();
}

/** Let the clock run, and the keys write. */
function goOn() {
  started = performance.now();
  find("pad").focus({ preventScroll: true });
}

function askFor() {
  const { letter } = tasks[at];
  const name = document.createElement("b");
  name.textContent = letter;
  asked.replaceChildren(`Write ${letter === letter.toLowerCase() ? "a small" : "a capital"} `, name);
  count.textContent = `Letter ${at + 1} of ${tasks.length}`;
  next.textContent = at + 1 < tasks.length ? "Next" : "Finish";
  pad.restore([]);
  showMarks();
  showTime();
}

function padChanged() {
  undo.disabled = !pad.canUndo;
  next.disabled = pad.isEmpty;
}

async function finishLetter() {
  if (pad.isEmpty) return;
  const { image, url } = pad.toPicture();
  const task = Object.assign(tasks[at], { image: shrunk(image) });
  task.known = readLetter(task, url, round.signal);
  at += 1;
  if (at < tasks.length) return askFor();
  stopClock();
  scene("wait");
  const { signal } = round;
  await Promise.all(tasks.map(({ known }) => known));
  if (!signal.aborted) showSheet();
}

/** Ask the server what a letter is, until it answers. */
async function readLetter(task, url, signal) {
  const alphabet = task.letter === task.letter.toLowerCase() ? "lower" : "upper";
  while (task.read === undefined && !signal.aborted) {
    try {
      const { text, letters } = await ask({ picture: url, alphabet }, signal);
      task.read = text.replace(/\s/g, "").slice(0, MOST_SHOWN);
      if (letters.length === 1) task.frame = letters[0].frame;
      find("trouble").textContent = "";
    } catch (error) {
      if (signal.aborted) return;
      if (error.retry) {
        find("trouble").textContent = error.message;
        await new Promise((done) => setTimeout(done, 1000 * error.retry));
      } else task.read = ""; // there is nothing in it that looks like a letter
    }
  }
  showMarks();
}

const isRight = ({ letter, read }) => letter === read;
const saidOf = (task) => (isRight(task) ? "read right" : task.read ? `read as ${task.read}` : "not read");

/** How the letters so far were read, in a row. */
function showMarks() {
  marks.replaceChildren(
    ...tasks.map((task, number) => {
      const mark = document.createElement("li");
      mark.textContent = task.letter;
      if (number === at) mark.setAttribute("aria-current", "step");
      if (task.read === undefined) return mark;
      mark.className = isRight(task) ? "right" : "misread";
      const said = document.createElement("span");
      said.className = "spoken";
      said.textContent = ` ${saidOf(task)}`;
      mark.append(said);
      return mark;
    }),
  );
}

function showTime() {
  clock.textContent = minutes(spent + (started === null ? 0 : performance.now() - started));
}

function stopClock() {
  if (started !== null) spent += performance.now() - started;
  started = null;
}

/** 75,000 ms as 1:15. */
function minutes(ms) {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function scene(name) {
  dialog.dataset.scene = name;
  for (const part of scenes.children) part.hidden = part.dataset.scene !== name;
}

// --------------------------------------------------------------------------------------------------- sheet

function showSheet() {
  scene("sheet");
  const right = tasks.filter(isRight);
  const misread = tasks.filter((task) => !isRight(task));
  score.textContent = `It read ${right.length} of your ${tasks.length} letters, written in ${minutes(spent)}.`;
  const caption = (task) => (isRight(task) ? task.letter : `${task.letter}: ${saidOf(task)}`);
  const groups = [
    { title: "Misread", isRight: false, tasks: misread },
    { title: "Read right", isRight: true, tasks: right },
  ].filter((group) => group.tasks.length);
  drawSheet(sheet, {
    title: "Can it read my alphabet?",
    line: `${right.length} of ${tasks.length} letters read right, written in ${minutes(spent)}`,
    groups: groups.map((group) => ({ ...group, cells: group.tasks.map((task) => ({ image: task.image, caption: caption(task) })) })),
    foot: "Read by a small neural network",
  });
  sheet.setAttribute("aria-label", `Your letters. ${groups.map(({ title, tasks: some }) => `${title}: ${some.map(caption).join(", ")}`).join(". ")}.`);
  sheet.toBlob((blob) => (picture = new File([blob], FILE, { type: "image/png" })), "image/png");
  keeping.disabled = !tasks.some(({ frame }) => frame);
  note.textContent = "";
  score.focus();
}

async function share() {
  const text = `It read ${tasks.filter(isRight).length} of my ${tasks.length} letters. Can it read yours?`;
  try {
    await navigator.share({ files: [picture], text, url: `${location.origin}${location.pathname}#alphabet` });
  } catch (error) {
    if (error.name !== "AbortError") note.textContent = "Sharing did not work. Save the picture instead.";
  }
}

async function keepAll() {
  const whole = tasks.filter(({ frame }) => frame);
  keeping.disabled = true; // once is enough
  await tryToKeep(note, async () => {
    for (const { frame, letter } of whole) await keep(frame, letter);
    await showKept();
    const others = tasks.length - whole.length;
    const left = others ? ` ${others} ${others === 1 ? "was" : "were"} left out: not read as a single letter.` : "";
    note.textContent = `${whole.length} ${whole.length === 1 ? "letter was" : "letters were"} added to your corrections, in this browser.${left}`;
  });
}

// ------------------------------------------------------------------------------------------------ controls

/** A few letters at random, in the order of the alphabet. */
function someLetters() {
  const left = [...ALPHABET];
  while (left.length > TASTE) left.splice(Math.floor(Math.random() * left.length), 1);
  return left;
}

find("all").addEventListener("click", () => start([...ALPHABET]));
find("some").addEventListener("click", () => start(someLetters()));
undo.addEventListener("click", () => pad.undo());
next.addEventListener("click", () => {
  finishLetter();
  if (dialog.dataset.scene === "write") find("pad").focus({ preventScroll: true });
});
saving.addEventListener("click", () => picture && save(picture, FILE));
sharing.addEventListener("click", share);
keeping.addEventListener("click", keepAll);
find("again").addEventListener("click", () => {
  begin();
  find("all").focus();
});
find("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", stopClock);
dialog.addEventListener("keydown", (event) => {
  const undoes = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
  if (undoes && !undo.disabled) pad.undo();
  else if (event.key === "Enter" && event.target === find("pad")) finishLetter();
  else return;
  event.preventDefault();
});
