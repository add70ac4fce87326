// The page: a pad or an uploaded picture, read whenever it changes.

import { showAnswer, showBlank, showBusy, showError } from "./answer.js";
import { EXPORT_SIDE, Pad } from "./pad.js";
import { cancel, read } from "./reader.js";

const find = (id) => document.getElementById(id);
const [paper, undo, clear, upload, penWidth] = ["paper", "undo", "clear", "upload", "pen-width"].map(find);
const english = find("english");
const [view, preview, fileName] = ["upload-view", "preview", "file-name"].map(find);

let file = null; // the uploaded picture; without one, the pad is read

const pad = new Pad(find("pad"), { penWidth: penWidth.valueAsNumber / 100, onchange: refresh });

function refresh() {
  paper.dataset.source = file ? "file" : "pad";
  paper.dataset.written = String(Boolean(file) || !pad.isEmpty);
  undo.disabled = Boolean(file) || pad.isEmpty;
  clear.disabled = !file && pad.isEmpty;
  readAgain();
}

async function readAgain() {
  cancel();
  if (!file && pad.isEmpty) return showBlank();
  if (file?.size > upload.dataset.maxBytes) {
    return showError(`this file is too large; choose a picture of at most ${upload.dataset.maxBytes / 1024 ** 2} MB`);
  }
  showBusy();
  try {
    const { value: alphabet } = document.querySelector("[name=alphabet]:checked");
    const answer = await read(file ?? pad.toDataURL(), alphabet, english.checked ? "en" : "");
    if (answer) showAnswer(answer, await sizeOf(file));
  } catch (error) {
    showError(error.message);
  }
}

/** [width, height] in px of the picture that was read. */
async function sizeOf(picture) {
  if (!picture) return [EXPORT_SIDE, EXPORT_SIDE];
  await preview.decode().catch(() => {}); // some formats that the server reads are none that this browser shows
  return [preview.naturalWidth || 1, preview.naturalHeight || 1];
}

/** Show a picture in place of the pad, or the pad again where there is none. */
function show(picture) {
  URL.revokeObjectURL(preview.src);
  file = picture;
  view.hidden = !file;
  preview.hidden = !file;
  if (file) {
    fileName.textContent = file.name;
    preview.src = URL.createObjectURL(file);
  } else preview.removeAttribute("src");
}

preview.addEventListener("error", () => (preview.hidden = true)); // no picture: its name is shown alone

/** Take the first of the files that were chosen, dropped or pasted; where there is none, nothing happens. */
function take([chosen]) {
  if (!chosen) return;
  show(chosen);
  pad.clear(); // reads the picture
}

upload.addEventListener("change", () => {
  take(upload.files);
  upload.value = ""; // the same file can be chosen again
});

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

clear.addEventListener("click", () => {
  show(null);
  pad.clear();
});
undo.addEventListener("click", () => pad.undo());
document.addEventListener("keydown", (event) => {
  const asksForUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  if (asksForUndo && !undo.disabled) {
    event.preventDefault();
    pad.undo();
  }
});
penWidth.addEventListener("input", () => (pad.penWidth = penWidth.valueAsNumber / 100));
for (const choice of document.querySelectorAll("[name=alphabet]")) choice.addEventListener("change", readAgain);
english.addEventListener("change", readAgain);
