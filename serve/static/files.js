// The list of several pictures: what each of them says, and all texts to copy or download.

import { save } from "./save.js";

const find = (id) => document.getElementById(id);
const [panel, bar, rows, copyAll, asText, asCSV] = ["progress", "files-read", "files", "copy-all", "as-text", "as-csv"].map(find);

let shown = []; // { file, answer, error }

/** files: { file, answer, error } each. at: which of them is shown. choose: called with the number of another. */
export function showFiles(files, at, choose) {
  shown = files.length > 1 ? files : []; // one says what it says beside it
  panel.hidden = shown.length === 0;
  const done = shown.filter(({ answer, error }) => answer || error).length;
  [bar.max, bar.value] = [shown.length || 1, done];
  for (const button of [copyAll, asText, asCSV]) button.disabled = done < shown.length;
  rows.replaceChildren(...shown.map((item, number) => rowOf(item, number, at, choose)));
}

function rowOf({ file, answer, error }, number, at, choose) {
  const [row, button, name, text] = ["li", "button", "span", "b"].map((tag) => document.createElement(tag));
  button.type = "button";
  button.setAttribute("aria-pressed", String(number === at));
  name.textContent = file.name;
  text.textContent = answer?.text ?? (error ? "not read" : "…");
  button.append(name, text);
  button.addEventListener("click", () => {
    choose(number);
    rows.children[number].firstChild.focus(); // the list was drawn anew
  });
  row.append(button);
  return row;
}

const textOf = ({ answer, error }) => answer?.text ?? `(${error})`;
const allTexts = () => shown.map((item) => `${item.file.name}\n${textOf(item)}\n`).join("\n");

/** A CSV with a row for each picture: its name, its text, or why it has none. */
function table() {
  const quoted = (value) => `"${value.replace(/^[=+@-]/, "'$&").replaceAll('"', '""')}"`; // or a spreadsheet would run it as a formula
  const cells = ({ file, answer, error }) => [file.name, answer?.text ?? "", error ?? ""];
  return [["file", "text", "error"], ...shown.map((item) => cells(item).map(quoted))].map((row) => `${row.join(",")}\r\n`).join("");
}

copyAll.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(allTexts());
    copyAll.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(rows); // no access to the clipboard: it is marked, to be copied by hand
    copyAll.textContent = "Marked";
  }
  setTimeout(() => (copyAll.textContent = "Copy all"), 1500);
});
asText.addEventListener("click", () => save(new Blob([allTexts()], { type: "text/plain" }), "letters.txt"));
asCSV.addEventListener("click", () => save(new Blob([table()], { type: "text/csv" }), "letters.csv"));
