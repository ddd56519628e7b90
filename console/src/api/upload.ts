/** What is large, sent so that one sees how much of it is: fetch does not tell. */
import { answerOf, headersOf, hear } from './client.ts';

export interface Sending<T> {
  sent: Promise<void>; // all of it is with the server, which has not answered yet
  answer: Promise<T>;
}

/** The headers that its answers are read by (client.ts). */
const readHeaders = ['etag', 'retry-after'] as const;

function responseOf(xhr: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of readHeaders) {
    const value = xhr.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  const isEmpty = xhr.status === 204 || xhr.responseText === '';
  return new Response(isEmpty ? null : xhr.responseText, { status: xhr.status, headers });
}

/** POST of a value. `onSent` is told bytes, of how many. */
export function upload<T>(path: string, body: unknown, signal: AbortSignal, onSent: (bytes: number, of: number) => void): Sending<T> {
  const xhr = new XMLHttpRequest();
  const end = new Promise<Response>((resolve, reject) => {
    xhr.onload = () => resolve(responseOf(xhr));
    xhr.onerror = () => reject(new TypeError('the connection broke'));
    xhr.onabort = () => reject(signal.reason);
  });
  const answer = hear(end).then((heard) => answerOf<T>(path, heard).body);
  const sent = new Promise<void>((resolve) => {
    xhr.upload.onprogress = (e) => e.lengthComputable && onSent(e.loaded, e.total);
    xhr.upload.onload = () => resolve();
    answer.then(() => resolve(), () => resolve()); // it may come before everything is sent; then it says what is wrong
  });
  signal.addEventListener('abort', () => xhr.abort(), { once: true });
  xhr.open('POST', `/api/v1${path}`);
  headersOf({ method: 'POST', body }).forEach((value, name) => xhr.setRequestHeader(name, value));
  xhr.send(JSON.stringify(body));
  return { sent, answer };
}
