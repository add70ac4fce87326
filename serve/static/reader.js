// Asks the server what a picture shows. Only the latest question counts.

let underWay = null;

/** Forget the question under way: its answer will not come. */
export function cancel() {
  underWay?.abort();
  underWay = null;
}

/**
 * picture: a data URL or a File. alphabet: "upper", "lower" or "any". language: "en", or "" for none.
 * Resolves to the server's answer, or to null when a later question or `cancel` overtook it.
 * Rejects with an Error whose message can be shown.
 */
export async function read(picture, alphabet, language) {
  cancel();
  const controller = (underWay = new AbortController());
  try {
    const response = await fetch("predict", { method: "POST", signal: controller.signal, ...body(picture, { alphabet, language }) });
    const answer = await response.json().catch(() => null);
    if (controller.signal.aborted) return null;
    if (response.ok && answer) return answer;
    throw new Error(answer?.error?.message ?? `the server answered ${response.status}, which this page does not understand`);
  } catch (error) {
    if (controller.signal.aborted) return null;
    if (error instanceof TypeError) {
      throw new Error("the server does not answer; see that it still runs, then draw on or choose the picture again");
    }
    throw error;
  } finally {
    if (underWay === controller) underWay = null;
  }
}

function body(picture, options) {
  if (picture instanceof File) {
    const form = new FormData();
    form.append("image", picture);
    for (const [name, value] of Object.entries(options)) form.append(name, value);
    return { body: form };
  }
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ image: picture, ...options }) };
}
