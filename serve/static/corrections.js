// Letters that were named by whoever wrote them: kept in this browser, until they are downloaded or deleted.

const SIDE = 28; // px of a frame
const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"; // the labels of the data sets are places in it
const STORE = "corrections";

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("letters", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function inStore(mode, act) {
  const store = (await database()).transaction(STORE, mode).objectStore(STORE);
  const request = act(store);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** All that is kept: a list of { id, label, pixels: Uint8Array(784) }, the oldest first. */
export const list = () => inStore("readonly", (store) => store.getAll());

export const remove = (id) => inStore("readwrite", (store) => store.delete(id));

export const removeAll = () => inStore("readwrite", (store) => store.clear());

/**
 * frame: the data URL of 28 x 28 pixels, white on black. letter: its right name, A to Z or a to z.
 * A letter that is named twice is kept once, under the later name.
 */
export async function keep(frame, letter) {
  const image = new Image();
  image.src = frame;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
  const before = (await list()).find((other) => other.pixels.every((value, i) => value === pixels[i]));
  const named = { label: NAMES.indexOf(letter), pixels };
  return inStore("readwrite", (store) => store.put(before ? { ...named, id: before.id } : named));
}

/** What is kept, as a CSV in the layout of the A-Z data set: the label, then 784 pixels. */
export function toCSV(kept) {
  const header = ["label", ...Array.from({ length: SIDE * SIDE }, (_, i) => `pixel${i}`)];
  return [header, ...kept.map(({ label, pixels }) => [label, ...pixels])].map((row) => `${row.join(",")}\n`).join("");
}

/** Draw a kept letter on a canvas of 28 x 28 pixels. */
export function draw(canvas, { pixels }) {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIDE, SIDE);
  pixels.forEach((value, i) => picture.data.set([value, value, value, 255], 4 * i));
  context.putImageData(picture, 0, 0);
}

export const nameOf = ({ label }) => NAMES[label];
