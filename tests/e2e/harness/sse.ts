/** Event streams after the WHATWG rules, and OpenAI's stream read by hand. */
export interface Event {
  name: string | undefined;
  data: string;
}

export function parseEvents(text: string): Event[] {
  const events: Event[] = [];
  let name: string | undefined;
  let data: string[] = [];
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (data.length > 0) events.push({ name, data: data.join('\n') });
      name = undefined;
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return events;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

export interface Chunk {
  id?: string;
  model?: string;
  choices: { index: number; delta: { content?: string | null; role?: string }; finish_reason: string | null }[];
  usage?: Usage | null;
  error?: { message: string; type: string; code: string | null };
}

/** What an OpenAI stream said, as bytes and as meaning. */
export class Transcript {
  readonly events: Event[];
  readonly chunks: Chunk[];

  constructor(readonly text: string) {
    this.events = parseEvents(text);
    this.chunks = this.events.filter((e) => e.data !== '[DONE]').map((e) => JSON.parse(e.data) as Chunk);
  }

  get content(): string {
    return this.chunks.map((c) => c.choices?.[0]?.delta.content ?? '').join('');
  }

  get isDone(): boolean {
    return this.events.at(-1)?.data === '[DONE]';
  }

  get doneCount(): number {
    return this.events.filter((e) => e.data === '[DONE]').length;
  }

  get usages(): Usage[] {
    return this.chunks.flatMap((c) => (c.usage ? [c.usage] : []));
  }

  get error(): Chunk['error'] {
    return this.chunks.find((c) => c.error !== undefined)?.error;
  }
}
