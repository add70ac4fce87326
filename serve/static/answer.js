// Shows what was read, in one of five states: blank, busy, sure, unsure, error.

import { Boxes } from "./boxes.js";

const find = (id) => document.getElementById(id);
const [result, answer, note, bars, seen, copy] = ["result", "answer", "note", "bars", "seen", "copy"].map(find);

const boxes = new Boxes(find("boxes"), choose);
let letters = []; // that are shown
let text = "";

const whole = (percent) => `${Math.floor(percent)}\u00a0%`; // down: 99.6 % is not certain

/** Nothing is written. */
export function showBlank() {
  state("blank", "Nothing is written yet.");
  fill("", []);
}

/** An answer is on its way. What was shown last stays until it is here. */
export function showBusy() {
  result.dataset.busy = "";
}

/** read: as POST /predict gives it. size: [width, height] of the picture in px. */
export function showAnswer(read, size) {
  const [{ letter, percent }] = read.prediction;
  const doubtful = read.letters.filter(({ unsure }) => unsure).length;
  if (read.letters.length > 1) {
    const doubt = doubtful ? `, not sure of ${doubtful === read.letters.length ? "any" : doubtful}` : "";
    state(doubtful > read.letters.length / 2 ? "unsure" : "sure", `${read.letters.length} letters${doubt}.`, `Reads ${read.text}. `);
  } else if (read.unsure) {
    const doubt = percent < 20 ? "Not sure that this is a letter." : "Not sure.";
    state("unsure", `${doubt} The best guess is ${letter}, at ${whole(percent)}.`);
  } else state("sure", `Reads ${read.text}, ${whole(percent)} likely.`);
  fill(read.text, read.letters, size);
}

export function showError(message) {
  state("error", `${message[0].toUpperCase()}${message.slice(1)}.`);
  fill("", []);
}

function state(name, words, spoken = "") {
  delete result.dataset.busy;
  result.dataset.state = name;
  const aloud = document.createElement("span");
  aloud.className = "spoken";
  aloud.textContent = spoken;
  note.replaceChildren(aloud, words);
}

function fill(newText, newLetters, size) {
  [text, letters] = [newText, newLetters];
  const many = letters.length > 1;
  result.toggleAttribute("data-many", many);
  answer.style.setProperty("--lines", Math.max(text.split("\n").length, Math.ceil(text.length / 12)));
  let number = 0;
  answer.replaceChildren(
    ...[...text].map((char) => {
      if (!many || !char.trim()) return char;
      const mark = document.createElement("span");
      mark.textContent = char;
      mark.dataset.number = number++;
      mark.classList.toggle("doubtful", letters[mark.dataset.number].unsure);
      return mark;
    }),
  );
  copy.hidden = !many;
  if (many) boxes.show(letters, size);
  else boxes.hide();
  choose(0);
}

/** Show what one of the letters may be. */
function choose(number) {
  const { candidates = [], frame } = letters[number] ?? {};
  boxes.mark(number);
  for (const mark of answer.children) mark.classList.toggle("chosen", Number(mark.dataset.number) === number);
  [...bars.children].forEach((row, i) => {
    const candidate = candidates[i];
    row.querySelector("b").textContent = candidate?.letter ?? "–";
    row.querySelector("i").style.width = `${candidate?.percent ?? 0}%`;
    row.querySelector(".percent").textContent = candidate ? `${candidate.percent.toFixed(1)} %` : "";
  });
  seen.hidden = !frame;
  if (frame) seen.src = frame;
  else seen.removeAttribute("src");
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
