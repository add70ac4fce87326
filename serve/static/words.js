// What a word may be, by what its letters may be.

const MOST = 3;

/**
 * The likeliest words in the place of the one that a letter is in, best first: { word, percent } each. Letters are taken
 * for independent of each other, as the server gives them. Empty where the letter stands alone.
 * text: of all letters, words parted by white space. letters: as POST /predict gives them. number: that of the letter.
 */
export function wordsOf(text, letters, number) {
  const [first, length] = placeOf(text, number);
  if (length < 2) return [];
  let best = [{ word: "", percent: 100 }];
  for (const { letter, candidates } of letters.slice(first, first + length)) {
    const named = candidates[0].letter === letter ? candidates : [{ letter, percent: 100 }]; // by whoever wrote it
    const longer = best.flatMap(({ word, percent }) => named.map((one) => ({ word: word + one.letter, percent: (percent * one.percent) / 100 })));
    best = longer.sort((a, b) => b.percent - a.percent).slice(0, MOST);
  }
  return best;
}

/** The number of the first letter of the word, and how many it has. */
function placeOf(text, number) {
  let first = 0;
  for (const { length } of text.split(/\s+/).filter(Boolean)) {
    if (number < first + length) return [first, length];
    first += length;
  }
  return [first, 0];
}
