// Shows what was read, in one of five states: blank, busy, sure, unsure, error.

import { Boxes } from "./boxes.js";
import { wordsOf } from "./words.js";

const find = (id) => document.getElementById(id);
const [result, answer, note, bars, seen, closer, copy, turned] = ["result", "answer", "note", "bars", "seen", "closer", "copy", "turned"].map(find);
const words = find("words");

const boxes = new Boxes(find("boxes"), choose);
const onchoose = []; // called with the letter that is shown, or null
const onshow = []; // called with the picture that was read, or null
let letters = []; // that are shown
let text = "";
let image = null; // that they were read from
let chosen = 0;
let caseOpen = false; // whether the one letter may be a capital or a small one

const AROUND = 0.03; // of a letter's longer side: what is shown around it

const TURNED = {
  90: "Turned by 90 degrees to read it.",
  180: "Turned by 180 degrees to read it.",
  270: "Turned by 90 degrees to the left to read it.",
};

/** A percentage as it is written everywhere: rounded down, as 99.6 % is not certain. */
export const whole = (percent) => (percent < 1 ? "<\u20091\u00a0%" : `${Math.floor(percent)}\u00a0%`);

/** Call `listener` with the letter whenever another one is shown; with null when none is. */
export function whenChosen(listener) {
  onchoose.push(listener);
}

/** Call `listener` with the picture, as `showAnswer` takes it, whenever an answer is shown; with null when none is. */
export function whenShown(listener) {
  onshow.push(listener);
}

/** A message as a sentence. */
export const sentence = (message) => `${message[0].toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;

/** There is no answer, and none to keep on showing. */
export function showBlank(words = "Nothing is written yet.") {
  state("blank", words);
  fill("", []);
}

/** An answer is on its way. What was shown last stays until it is here. */
export function showBusy(words = "Reading …") {
  result.dataset.busy = "";
  if (result.dataset.state === "blank") note.replaceChildren(words);
}

/**
 * read: as POST /predict gives it. picture: { image: what can be drawn, view: as `Boxes.show` takes it, ground: the
 * colour under a transparent one, question: that was asked, scale: px of `image` for one of the picture that was sent }.
 * Unless one case was asked for, that of a capital on its own is open.
 */
export function showAnswer(read, picture) {
  const found = read.letters.map((letter) => ({ ...letter, turned: read.turned, ground: picture.ground }));
  const [{ letter, percent }] = read.prediction;
  const doubtful = found.filter(({ unsure }) => unsure).length;
  const open = found.length === 1 && !["upper", "lower"].includes(picture.question.alphabet) && /^[A-Z]$/.test(letter);
  const name = open ? `${letter} or ${letter.toLowerCase()}` : letter;
  if (found.length > 1) {
    const doubt = doubtful ? `, not sure of ${doubtful === found.length ? "any" : doubtful}` : "";
    state(doubtful > found.length / 2 ? "unsure" : "sure", `${found.length} letters${doubt}.`, `Reads ${read.text}. `);
  } else if (read.unsure) {
    const doubt = percent < 20 ? "Not sure that this is a letter." : "Not sure.";
    state("unsure", `${doubt} The best guess is ${name}, at ${whole(percent)}.`);
  } else state("sure", `Reads ${name}, ${whole(percent)} likely.`);
  showTurned(TURNED[read.turned] ?? "");
  fill(read.text, found, picture, open);
}

export function showError(message) {
  state("error", sentence(message));
  fill("", []);
}

/** Put another letter in the place of the one that is shown. */
export function correct(letter) {
  Object.assign(letters[chosen], { letter, unsure: false });
  caseOpen = false;
  if (letters.length === 1) state("sure", `You named it ${letter}.`);
  const places = [...text].flatMap((char, i) => (char.trim() ? [i] : []));
  text = [...text].map((char, i) => (i === places[chosen] ? letter : char)).join("");
  write();
  choose(chosen);
}

/** How the picture was turned, on the picture; and aloud, with the answer. */
function showTurned(words) {
  turned.textContent = words;
  turned.hidden = !words;
  const aloud = document.createElement("span");
  aloud.className = "spoken";
  aloud.textContent = words && ` ${words}`;
  note.append(aloud);
}

function state(name, words, spoken = "") {
  turned.hidden = true;
  delete result.dataset.busy;
  result.dataset.state = name;
  const aloud = document.createElement("span");
  aloud.className = "spoken";
  aloud.textContent = spoken;
  note.replaceChildren(aloud, words);
}

function fill(newText, newLetters, picture, open = false) {
  [text, letters, image, caseOpen] = [newText, newLetters, picture?.image ?? null, open];
  const many = letters.length > 1;
  result.toggleAttribute("data-many", many);
  copy.hidden = !many;
  if (many) boxes.show(letters, picture.view);
  else boxes.hide();
  write();
  choose(0);
  for (const listener of onshow) listener(picture ?? null);
}

function write() {
  const lines = text.split("\n");
  answer.style.setProperty("--lines", lines.length);
  answer.style.setProperty("--chars", Math.max(1, ...lines.map((line) => line.length)));
  if (letters.length < 2) return writeOne();
  let number = 0;
  answer.className = "";
  answer.replaceChildren(
    ...[...text].map((char) => {
      if (!char.trim()) return char;
      const mark = document.createElement("span");
      mark.textContent = char;
      mark.dataset.number = number;
      mark.classList.toggle("doubtful", letters[number].unsure);
      number += 1;
      return mark;
    }),
  );
}

/** A letter alone: large; in doubt, small beside a question mark; in both cases where either may be meant. */
function writeOne() {
  const name = caseOpen ? `${text} ${text.toLowerCase()}` : text;
  const doubtful = Boolean(letters[0]?.unsure);
  answer.className = doubtful ? "doubt" : caseOpen ? "both" : "";
  if (!doubtful) return answer.replaceChildren(name);
  const guess = document.createElement("small");
  guess.textContent = name;
  answer.replaceChildren("?", guess);
}

/** Show what one of the letters may be. */
function choose(number) {
  chosen = number;
  const letter = letters[number] ?? null;
  boxes.mark(number);
  for (const mark of answer.children) mark.classList.toggle("chosen", Number(mark.dataset.number) === number);
  [...bars.children].forEach((row, i) => {
    const candidate = letter?.candidates?.[i];
    row.querySelector("b").textContent = candidate?.letter ?? "–";
    row.querySelector("i").style.width = `${candidate?.percent ?? 0}%`;
    row.querySelector(".percent").textContent = candidate ? whole(candidate.percent) : "";
  });
  showWords(number);
  seen.hidden = !letter;
  if (letter) seen.src = letter.frame;
  else seen.removeAttribute("src");
  drawCloser(closer, letter, image);
  for (const listener of onchoose) listener(letter);
}

/** What the word of the letter may be, in a line. */
function showWords(number) {
  const best = wordsOf(text, letters, number);
  words.replaceChildren(
    ...best.flatMap(({ word, percent }, i) => {
      const name = document.createElement(i ? "span" : "b");
      name.textContent = word;
      return [i ? ", " : "The word: ", name, ` ${whole(percent)}`];
    }),
  );
}

/** Draw the surroundings of a letter on a canvas, upright and as large as they fit; or nothing. */
function drawCloser(canvas, letter, picture) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!letter?.box || !picture) return;
  const [x, y, width, height] = letter.box;
  const longer = Math.max(width, height);
  const [side, edge] = [(1 + 2 * AROUND) * longer, AROUND * longer];
  context.save();
  context.imageSmoothingQuality = "high";
  context.translate(canvas.width / 2, canvas.height / 2);
  context.scale(canvas.width / side, canvas.height / side);
  context.rotate((letter.turned * Math.PI) / 180);
  context.beginPath();
  context.rect(-width / 2 - edge, -height / 2 - edge, width + 2 * edge, height + 2 * edge); // without its neighbours
  context.clip();
  context.fillStyle = letter.ground ?? "#fff";
  context.fillRect(-longer, -longer, 2 * longer, 2 * longer);
  context.drawImage(picture, -x - width / 2, -y - height / 2);
  context.restore();
}

answer.addEventListener("click", ({ target }) => {
  if (target.dataset.number) choose(Number(target.dataset.number));
});

copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(answer); // no access to the clipboard: it is marked, to be copied by hand
    copy.textContent = "Marked";
  }
  setTimeout(() => (copy.textContent = "Copy"), 1500);
});
