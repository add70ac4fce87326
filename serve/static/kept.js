// The form that names a letter rightly, and the list of those that were.

import { correct, whenChosen } from "./answer.js";
import { draw, keep, list, nameOf, remove, removeAll, toCSV } from "./corrections.js";
import { save } from "./save.js";

const find = (id) => document.getElementById(id);
const [form, right, button, note] = ["correction", "right", "keep", "kept-note"].map(find);
const [count, rows, download, forget] = ["kept-count", "kept-list", "download", "forget"].map(find);

let frame = null; // of the letter that is shown

whenChosen((letter) => {
  if (letter?.frame !== frame) note.textContent = "";
  frame = letter?.frame ?? null;
  right.disabled = button.disabled = !frame;
  right.value = "";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const letter = right.value;
  await tryToKeep(note, async () => {
    await keep(frame, letter);
    correct(letter);
    await showKept();
    note.textContent = `Kept as ${letter}, in this browser.`;
  });
});

download.addEventListener("click", () =>
  tryToKeep(note, async () => save(new Blob([toCSV(await list())], { type: "text/csv" }), "letters_corrections.csv")),
);

forget.addEventListener("click", () =>
  tryToKeep(note, async () => {
    if (!confirm("Delete all your corrections? They are kept nowhere else.")) return;
    await removeAll();
    await showKept();
  }),
);

/** Show what is kept. */
export async function showKept() {
  const kept = await list();
  count.textContent = kept.length;
  download.disabled = forget.disabled = kept.length === 0;
  rows.replaceChildren(
    ...kept.map((letter) => {
      const row = document.createElement("li");
      const picture = document.createElement("canvas");
      draw(picture, letter);
      const name = document.createElement("b");
      name.textContent = nameOf(letter);
      const away = document.createElement("button");
      away.type = "button";
      away.textContent = "×";
      away.setAttribute("aria-label", `Delete this ${nameOf(letter)}`);
      away.addEventListener("click", () =>
        tryToKeep(note, async () => {
          await remove(letter.id);
          await showKept();
          (rows.querySelector("button") ?? find("kept").querySelector("summary")).focus();
        }),
      );
      row.append(picture, name, away);
      return row;
    }),
  );
}

/** Do what needs the browser's storage, or say why it cannot be done. words: the element that says it. */
export async function tryToKeep(words, act) {
  try {
    await act();
  } catch (error) {
    words.textContent = `This browser does not let the page keep letters (${error.message ?? error}).`;
  }
}

tryToKeep(note, showKept);
