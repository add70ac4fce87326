// Picture files on their way to the server: large ones are made smaller, and how transparent ones are shown.

const LONGEST = 2000; // px: letters in a photo of a page stay large enough, and a phone sends 1 MB in place of 5
const QUALITY = 0.9; // of the JPEG
const LOOKED_AT = 256; // px of the longest side of what is looked at for transparency
const VISIBLE = 0.5; // alpha, of the highest there is

/**
 * The file to send, and how many px of the picture one of its px stands for: { file, scale }.
 * Small pictures, those with transparency, and files that this browser cannot decode are sent as they are.
 */
export async function toSend(file) {
  const image = await decoded(file);
  const scale = image ? Math.max(image.naturalWidth, image.naturalHeight) / LONGEST : 0;
  if (scale <= 1 || (file.type !== "image/jpeg" && tones(image).transparent)) return { file, scale: 1 };
  const canvas = drawn(image, 1 / scale);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) return { file, scale: 1 }; // there was no memory for it
  return { file: new File([blob], file.name, { type: blob.type }), scale: image.naturalWidth / canvas.width };
}

/** A picture file turned to the right, as a file of the size that is sent. degrees: 0, 90, 180 or 270. */
export async function turned(file, degrees) {
  const image = degrees ? await decoded(file) : null;
  if (!image) return file;
  const upright = drawn(image, Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight)));
  const canvas = document.createElement("canvas");
  const { width, height } = upright;
  [canvas.width, canvas.height] = degrees % 180 ? [height, width] : [width, height];
  const context = canvas.getContext("2d");
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((degrees * Math.PI) / 180);
  context.drawImage(upright, -width / 2, -height / 2);
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/png"; // others may be transparent
  const blob = await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  return blob ? new File([blob], file.name, { type }) : file;
}

/**
 * The grey, from 0 to 255, that a transparent picture is to be shown on, or null where nothing is transparent: that
 * which lies farthest from any visible tone. The server lays the picture on such a ground, too.
 */
export function groundOf(image) {
  const { transparent, lightness } = tones(image);
  if (!transparent || lightness.length === 0) return null;
  lightness.sort((a, b) => a - b);
  const [low, high] = [0.03, 0.97].map((share) => lightness[Math.floor(share * (lightness.length - 1))]);
  const distances = [[255 - high, 255], [low, 0], [(high - low) / 2, Math.round((low + high) / 2)]];
  return distances.reduce((best, other) => (other[0] > best[0] ? other : best))[1];
}

async function decoded(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch {
    return null; // the server knows formats that browsers do not, and says what is wrong with the others
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function drawn(image, scale) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Whether anything is transparent, and the lightness of each pixel that can be seen, from 0 to 255. */
function tones(image) {
  const canvas = drawn(image, Math.min(1, LOOKED_AT / Math.max(image.naturalWidth, image.naturalHeight)));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const alpha = data.filter((value, i) => i % 4 === 3);
  const most = alpha.reduce((best, value) => Math.max(best, value), 0);
  const lightness = [];
  alpha.forEach((value, i) => {
    if (value > 0 && value >= VISIBLE * most) lightness.push((data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
  });
  return { transparent: alpha.some((value) => value < 255), lightness };
}
