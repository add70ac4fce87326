// The form that names a letter rightly, and the list of those that were.

import { correct, whenChosen } from "./answer.js";
import { draw, keep, list, nameOf, remove, removeAll, toCSV } from "./corrections.js";

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
  await trying(async () => {
    await keep(frame, letter);
    correct(letter);
    await refresh();
    note.textContent = `Kept as ${letter}, in this browser.`;
  });
});

download.addEventListener("click", () =>
  trying(async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toCSV(await list())], { type: "text/csv" }));
    link.download = "letters_corrections.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }),
);

forget.addEventListener("click", () =>
  trying(async () => {
    if (!confirm("Delete all your corrections? They are kept nowhere else.")) return;
    await removeAll();
    await refresh();
  }),
);

/** Show what is kept. */
async function refresh() {
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
        trying(async () => {
          await remove(letter.id);
          await refresh();
          (rows.querySelector("button") ?? find("kept").querySelector("summary")).focus();
        }),
      );
      row.append(picture, name, away);
      return row;
    }),
  );
}

async function trying(act) {
  try {
    await act();
  } catch (error) {
    note.textContent = `This browser does not let the page keep letters (${error.message ?? error}).`;
  }
}

trying(refresh);
