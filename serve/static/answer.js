// Shows what was read, in one of five states: blank, busy, sure, unsure, error.

import { Boxes } from "./boxes.js";

const find = (id) => document.getElementById(id);
const [result, answer, note, bars, seen, closer, copy] = ["result", "answer", "note", "bars", "seen", "closer", "copy"].map(find);

const boxes = new Boxes(find("boxes"), choose);
const onchoose = []; // called with the letter that is shown, or null, and the picture it is in
let letters = []; // that are shown
let text = "";
let image = null; // that they were read from
let chosen = 0;

const whole = (percent) => `${Math.floor(percent)}\u00a0%`; // down: 99.6 % is not certain

/** Call `listener` with (letter, picture, letters) whenever another letter is shown; with (null) when none is. */
export function whenChosen(listener) {
  onchoose.push(listener);
}

/** There is no answer, and none to keep on showing. */
export function showBlank(words = "Nothing is written yet.") {
  state("blank", words);
  fill("", []);
}

/** An answer is on its way. What was shown last stays until it is here. */
export function showBusy() {
  result.dataset.busy = "";
}

/** read: as POST /predict gives it. picture: { image: what can be drawn, view: as `Boxes.show` takes it }. */
export function showAnswer(read, picture) {
  const [{ letter, percent }] = read.prediction;
  const doubtful = read.letters.filter(({ unsure }) => unsure).length;
  if (read.letters.length > 1) {
    const doubt = doubtful ? `, not sure of ${doubtful === read.letters.length ? "any" : doubtful}` : "";
    state(doubtful > read.letters.length / 2 ? "unsure" : "sure", `${read.letters.length} letters${doubt}.`, `Reads ${read.text}. `);
  } else if (read.unsure) {
    const doubt = percent < 20 ? "Not sure that this is a letter." : "Not sure.";
    state("unsure", `${doubt} The best guess is ${letter}, at ${whole(percent)}.`);
  } else state("sure", `Reads ${read.text}, ${whole(percent)} likely.`);
  fill(read.text, read.letters, picture);
}

export function showError(message) {
  state("error", `${message[0].toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`);
  fill("", []);
}

/** Put another letter in the place of the one that is shown. */
export function correct(letter) {
  letters[chosen].letter = letter;
  const places = [...text].flatMap((char, i) => (char.trim() ? [i] : []));
  text = [...text].map((char, i) => (i === places[chosen] ? letter : char)).join("");
  write();
  choose(chosen);
}

function state(name, words, spoken = "") {
  delete result.dataset.busy;
  result.dataset.state = name;
  const aloud = document.createElement("span");
  aloud.className = "spoken";
  aloud.textContent = spoken;
  note.replaceChildren(aloud, words);
}

function fill(newText, newLetters, picture) {
  [text, letters, image] = [newText, newLetters, picture?.image ?? null];
  const many = letters.length > 1;
  result.toggleAttribute("data-many", many);
  copy.hidden = !many;
  if (many) boxes.show(letters, picture.view);
  else boxes.hide();
  write();
  choose(0);
}

function write() {
  const lines = text.split("\n");
  answer.style.setProperty("--lines", lines.length);
  answer.style.setProperty("--chars", Math.max(1, ...lines.map((line) => line.length)));
  if (letters.length < 2) return answer.replaceChildren(text);
  let number = 0;
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
    row.querySelector(".percent").textContent = candidate ? `${candidate.percent.toFixed(1)} %` : "";
  });
  seen.hidden = !letter;
  if (letter) seen.src = letter.frame;
  else seen.removeAttribute("src");
  drawCloser(closer, letter, image);
  for (const listener of onchoose) listener(letter, image, letters);
}

/** Draw the surroundings of a letter on a canvas, as large as they fit; or nothing. */
export function drawCloser(canvas, letter, picture) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!letter?.box || !picture) return;
  const [x, y, width, height] = letter.box;
  const side = 1.25 * Math.max(width, height);
  const [left, top] = [x + width / 2 - side / 2, y + height / 2 - side / 2];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
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
