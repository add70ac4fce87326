// Asks the server what a picture shows.

const AGAIN = 3; // seconds after which a server that did not answer is asked again

let underWay = null;

/** What can be shown of a failure. retry: the seconds after which it may be over, or undefined. code: the server's. */
class ReadError extends Error {
  constructor(message, retry, code) {
    super(message);
    [this.retry, this.code] = [retry, code];
  }
}

/** Forget the question under way: its answer will not come. */
export function cancel() {
  underWay?.abort();
  underWay = null;
}

/**
 * question: { picture: a data URL or a File, alphabet, language: "" for none, turn, explain }, as POST /predict takes them.
 * Resolves to the server's answer, or to null when a later question or `cancel` overtook it.
 * Rejects with an Error whose message can be shown; its `retry` says when it is worth asking again.
 */
export async function read(question) {
  cancel();
  const { signal } = (underWay = new AbortController());
  try {
    const answer = await ask(question, signal);
    return signal.aborted ? null : answer;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    if (underWay?.signal === signal) underWay = null;
  }
}

/** Like `read`, but questions under way go on. signal: an AbortSignal, which ends it with an Error. */
export async function ask(question, signal) {
  const response = await fetch("predict", { method: "POST", signal, ...body(question) }).catch((error) => {
    if (!(error instanceof TypeError)) throw error;
    throw new ReadError("the server does not answer; this page goes on as soon as it does", AGAIN);
  });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  const message = answer?.error?.message ?? `the server answered ${response.status}, which this page does not understand`;
  const busy = response.status === 429 || response.status >= 502;
  throw new ReadError(message, busy ? Number(response.headers.get("Retry-After")) || AGAIN : undefined, answer?.error?.code);
}

function body({ picture, ...options }) {
  if (picture instanceof Blob) {
    const form = new FormData();
    form.append("image", picture);
    for (const [name, value] of Object.entries(options)) form.append(name, value);
    return { body: form };
  }
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ image: picture, ...options }) };
}
