// Shows what was read, in one of five states: blank, busy, sure, unsure, error.

const find = (id) => document.getElementById(id);
const [result, answer, note, bars, seen] = ["result", "answer", "note", "bars", "seen"].map(find);

const whole = (percent) => `${Math.floor(percent)}\u00a0%`; // down: 99.6 % is not certain

/** Nothing is written. */
export function showBlank() {
  state("blank", "Nothing is written yet.");
  fill("", [], null);
}

/** An answer is on its way. What was shown last stays until it is here. */
export function showBusy() {
  result.dataset.busy = "";
}

/** answer: as POST /predict gives it. */
export function showAnswer({ text, unsure, prediction, letters }) {
  const [{ letter, percent }] = prediction;
  const doubt = percent < 20 ? "Not sure that this is a letter." : "Not sure.";
  if (unsure) state("unsure", `${doubt} The best guess is ${letter}, at ${whole(percent)}.`);
  else state("sure", `Reads ${text}, ${whole(percent)} likely.`);
  fill(text, prediction, letters[0].frame);
}

export function showError(message) {
  state("error", `${message[0].toUpperCase()}${message.slice(1)}.`);
  fill("", [], null);
}

function state(name, words) {
  delete result.dataset.busy;
  result.dataset.state = name;
  note.textContent = words;
}

function fill(text, candidates, frame) {
  answer.textContent = text;
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
