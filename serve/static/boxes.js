// Frames around the letters that were found, on top of the picture; one of them is chosen.

/** Positions are kept in shares of the picture, so that a new size of the window only moves them along. */
export class Boxes {
  #layer;
  #onchoose;

  /** layer: lies on the picture, which fills it. onchoose: called with the number of the letter that is chosen. */
  constructor(layer, onchoose) {
    this.#layer = layer;
    this.#onchoose = onchoose;
    layer.addEventListener("click", (event) => this.#choose(event.target.closest("button")));
    layer.addEventListener("focusin", (event) => this.#choose(event.target));
    layer.addEventListener("keydown", (event) => this.#step(event));
  }

  /** letters: as POST /predict gives them. view: [x, y, width, height] of what the layer covers, in px of the picture. */
  show(letters, [left, top, width, height]) {
    this.#layer.style.setProperty("--ratio", width / height);
    this.#layer.replaceChildren(
      ...letters.map(({ box: [x, y, w, h], letter, unsure }, i) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "box";
        button.classList.toggle("doubtful", unsure);
        button.setAttribute("aria-label", `Letter ${i + 1}: ${letter}${unsure ? ", not sure" : ""}`);
        button.style.left = `${(100 * (x - left)) / width}%`;
        button.style.top = `${(100 * (y - top)) / height}%`;
        button.style.width = `${(100 * w) / width}%`;
        button.style.height = `${(100 * h) / height}%`;
        return button;
      }),
    );
    this.#layer.hidden = letters.length === 0;
  }

  hide() {
    this.#layer.hidden = true;
    this.#layer.replaceChildren();
  }

  /** Mark a letter as the one that is shown. */
  mark(chosen) {
    [...this.#layer.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1; // one stop for the tab key; arrows go from letter to letter
    });
  }

  #choose(button) {
    const number = [...this.#layer.children].indexOf(button);
    if (number >= 0) this.#onchoose(number);
  }

  #step(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const buttons = [...this.#layer.children];
    if (!by || buttons.length === 0) return;
    event.preventDefault();
    buttons[(buttons.indexOf(event.target) + by + buttons.length) % buttons.length].focus();
  }
}
