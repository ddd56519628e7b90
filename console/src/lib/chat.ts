/** Chats as the playground has them: what is asked, and what a streamed answer says so far. No DOM in here. */
export interface Picture {
  name: string;
  url: string; // data:
}

export interface Question {
  system: string;
  prompt: string;
  pictures: readonly Picture[];
  temperature: string;
  topP: string;
  maxTokens: string;
  streams: boolean;
}

export interface Answer {
  text: string;
  thoughts: string;
  finish: string;
  promptTokens: number | undefined;
  completionTokens: number | undefined;
  error: string;
}

export const nothingYet: Answer = {
  text: '',
  thoughts: '',
  finish: '',
  promptTokens: undefined,
  completionTokens: undefined,
  error: '',
};

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text.trim());

/** The body of POST /v1/chat/completions. */
export function chatBody(model: string, q: Question): Record<string, unknown> {
  const pictures = q.pictures.map((p) => ({ type: 'image_url', image_url: { url: p.url } }));
  const content = pictures.length === 0 ? q.prompt : [{ type: 'text', text: q.prompt }, ...pictures];
  return {
    model,
    messages: [...(q.system.trim() === '' ? [] : [{ role: 'system', content: q.system }]), { role: 'user', content }],
    ...(isNumber(q.temperature) ? { temperature: Number(q.temperature) } : {}),
    ...(isNumber(q.topP) ? { top_p: Number(q.topP) } : {}),
    ...(isNumber(q.maxTokens) ? { max_completion_tokens: Number(q.maxTokens) } : {}),
    ...(q.streams ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

interface Piece {
  choices?: { delta?: Said; message?: Said; finish_reason?: string | null }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string } | string;
}

interface Said {
  content?: string | null;
  reasoning_content?: string | null;
}

/** What an error says, in the shape of OpenAI, of RFC 9457, or as it is. */
export function errorText(body: unknown): string {
  const map = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const error = map['error'];
  if (typeof error === 'string') return error;
  if (typeof error === 'object' && error !== null) return String((error as Record<string, unknown>)['message'] ?? '');
  return String(map['detail'] ?? map['title'] ?? map['message'] ?? '');
}

/** The answer with one piece more: a chunk of a stream, or a whole one. */
export function withPiece(answer: Answer, json: unknown): Answer {
  const piece = (json ?? {}) as Piece;
  const choice = piece.choices?.[0];
  const said = choice?.delta ?? choice?.message;
  return {
    text: answer.text + (said?.content ?? ''),
    thoughts: answer.thoughts + (said?.reasoning_content ?? ''),
    finish: choice?.finish_reason ?? answer.finish,
    promptTokens: piece.usage?.prompt_tokens ?? answer.promptTokens,
    completionTokens: piece.usage?.completion_tokens ?? answer.completionTokens,
    error: piece.error === undefined ? answer.error : errorText(piece),
  };
}

/** Takes text as it comes and gives the data of each whole event of a text/event-stream. */
export class EventReader {
  private rest = '';

  push(text: string): string[] {
    const events = (this.rest + text).split(/\r?\n\r?\n/);
    this.rest = events.pop() ?? '';
    return events
      .map((event) =>
        event
          .split(/\r?\n/)
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice(5).replace(/^ /, ''))
          .join('\n'),
      )
      .filter((data) => data !== '' && data !== '[DONE]');
  }
}
