// The page: a pad or pictures, read whenever they change.

import { showAnswer, showBlank, showBusy, showError } from "./answer.js";
import "./explain.js";
import "./kept.js";
import { Pad } from "./pad.js";
import { cancel, read } from "./reader.js";

const LIVE = 200; // ms between two readings while a stroke is drawn

const find = (id) => document.getElementById(id);
const [paper, undo, redo, clear, upload, camera] = ["paper", "undo", "redo", "clear", "upload", "camera"].map(find);
const [penWidth, english, view, preview, fileName] = ["pen-width", "english", "upload-view", "preview", "file-name"].map(find);
const [progress, bar, rows] = ["progress", "files-read", "files"].map(find);

let files = []; // pictures in place of the pad: { file, answer, error }
let at = 0; // which of them is shown
let retry = null; // the timer of the next try, after one that failed
let live = null; // the timer of the next reading while a stroke is drawn

const pad = new Pad(find("pad"), { penWidth: penWidth.valueAsNumber / 100, onchange: padChanged });

// ------------------------------------------------------------------------------------------------- reading

function padChanged(drawing) {
  refresh();
  if (drawing) return (live ??= setTimeout(readPad, LIVE));
  readPad();
}

function refresh() {
  const written = files.length > 0 || !pad.isEmpty;
  paper.dataset.source = files.length ? "file" : "pad";
  paper.dataset.written = String(written);
  undo.disabled = files.length > 0 || pad.isEmpty;
  redo.disabled = files.length > 0 || !pad.canRedo;
  clear.disabled = !written;
}

async function readPad() {
  clearTimeout(live);
  live = null;
  if (files.length) return;
  stop();
  if (pad.isEmpty) return showBlank();
  const drawing = pad.toPicture();
  showBusy();
  try {
    const answer = await ask(drawing.url);
    if (answer) showAnswer(answer, drawing);
  } catch (error) {
    failed(error, readPad);
  }
}

/** Read the pictures that were not read yet, one after the other. */
async function readFiles() {
  stop();
  for (const item of files) {
    if (item.answer || item.error) continue;
    if (item === files[at]) showBusy();
    try {
      const answer = await ask(small(item.file));
      if (!answer) return; // something else is read now
      item.answer = answer;
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
  throw new Error(`this file is too large; choose a picture of at most ${maxBytes / 1024 ** 2} MB`);
}

function ask(picture) {
  const { value: alphabet } = document.querySelector("[name=alphabet]:checked");
  return read(picture, alphabet, english.checked ? "en" : "");
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
  for (const item of files) delete item.answer;
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
  if (item) {
    fileName.textContent = item.file.name;
    preview.src = URL.createObjectURL(item.file);
    if (!item.answer) showBlank("Reading the picture …");
  } else preview.removeAttribute("src");
  refresh();
}

async function showReading(item) {
  if (item.error) return showError(item.error);
  if (!item.answer) return showBusy();
  await preview.decode().catch(() => {}); // some formats that the server reads are none that this browser shows
  if (item !== files[at]) return;
  const { naturalWidth, naturalHeight } = preview;
  showAnswer(item.answer, { image: naturalWidth ? preview : null, view: [0, 0, naturalWidth || 1, naturalHeight || 1] });
}

/** How far several pictures were read, and what they say. */
function showProgress() {
  progress.hidden = files.length < 2;
  if (files.length < 2) return rows.replaceChildren();
  [bar.max, bar.value] = [files.length, files.filter(({ answer, error }) => answer || error).length];
  rows.replaceChildren(
    ...files.map(({ file, answer, error }, number) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(number === at));
      const [name, words] = [document.createElement("span"), document.createElement("b")];
      name.textContent = file.name;
      words.textContent = answer ? answer.text.replaceAll("\n", " ") : error ? "not read" : "…";
      button.append(name, words);
      button.addEventListener("click", () => {
        show(number);
        showProgress();
        rows.children[number].firstChild.focus();
        showReading(files[number]);
      });
      row.append(button);
      return row;
    }),
  );
}

preview.addEventListener("error", () => (preview.hidden = true)); // no picture: its name is shown alone

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
      take([new File([picture], example.firstElementChild.alt, { type: picture.type })]);
    } catch {
      showError("the server does not answer; try again in a moment");
    }
  });
}

document.addEventListener("paste", (event) => take(event.clipboardData.files));

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
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

clear.addEventListener("click", () => {
  files = [];
  show(0);
  showProgress();
  pad.clear();
});
undo.addEventListener("click", () => pad.undo());
redo.addEventListener("click", () => pad.redo());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input:not([type=range], [type=radio], [type=checkbox])")) return;
  const key = event.key.toLowerCase();
  const button = key === "y" || (key === "z" && event.shiftKey) ? redo : key === "z" ? undo : null;
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
penWidth.addEventListener("input", () => (pad.penWidth = penWidth.valueAsNumber / 100));
for (const choice of document.querySelectorAll("[name=alphabet]")) choice.addEventListener("change", readAgain);
english.addEventListener("change", readAgain);
