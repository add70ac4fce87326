// What becomes of the picture on its way to the letter, with the picture that is shown.

import { drawCloser, whenChosen } from "./answer.js";

const find = (id) => document.getElementById(id);
const [panel, picture, letter, frame, answer, note] = ["how", "step-picture", "step-letter", "step-frame", "step-answer", "how-note"].map(find);

let shown = [null];

whenChosen((...chosen) => {
  shown = chosen;
  if (panel.open) draw();
});
panel.addEventListener("toggle", () => panel.open && draw());

function draw() {
  const [chosen, image, letters] = shown;
  note.hidden = Boolean(chosen);
  drawBoxes(chosen, image, letters);
  drawCloser(letter, chosen, image);
  frame.hidden = !chosen;
  if (chosen) frame.src = chosen.frame;
  answer.textContent = chosen?.candidates?.[0]?.letter ?? "?";
}

function drawBoxes(chosen, image, letters) {
  const context = picture.getContext("2d");
  context.clearRect(0, 0, picture.width, picture.height);
  if (!chosen?.box || !image) return;
  const [width, height] = [image.naturalWidth ?? image.width, image.naturalHeight ?? image.height];
  const scale = Math.min(picture.width / width, picture.height / height);
  const [left, top] = [(picture.width - scale * width) / 2, (picture.height - scale * height) / 2];
  context.fillStyle = chosen.ground ?? "#fff";
  context.fillRect(left, top, scale * width, scale * height);
  context.drawImage(image, left, top, scale * width, scale * height);
  for (const other of letters) {
    const [x, y, w, h] = other.box.map((value) => value * scale);
    context.lineWidth = other === chosen ? 4 : 2;
    context.strokeStyle = other === chosen ? "#2b4ec4" : "#7f93dc";
    context.strokeRect(left + x, top + y, w, h);
  }
}
