/** One model that is asked: its answer as it comes, how long it took, and what it cost by the ledger. */
import { useCallback, useRef, useState } from 'react';
import { get } from '../api/client.ts';
import { type Answer, chatBody, errorText, EventReader, nothingYet, type Question, withPiece } from './chat.ts';
import { callGateway } from './gateway.ts';

export interface Chat extends Answer {
  state: 'idle' | 'asking' | 'done' | 'failed' | 'cancelled';
  firstMs: number | undefined;
  totalMs: number | undefined;
  cost: string | undefined;
  provider: string;
  requestId: string;
}

const idle: Chat = {
  ...nothingYet,
  state: 'idle',
  firstMs: undefined,
  totalMs: undefined,
  cost: undefined,
  provider: '',
  requestId: '',
};

const ledgerTries = 12;
const ledgerPauseMs = 250;

interface Entry {
  id: string;
  cost_usd: string | null;
  prompt_tokens: number;
  completion_tokens: number;
}

/** The ledger has a request a moment after its end; who may not read it sees no cost. */
async function entryOf(requestId: string): Promise<Entry | undefined> {
  for (let i = 0; i < ledgerTries; i++) {
    const page = await get<{ items: Entry[] }>('/requests?limit=100').catch(() => undefined);
    if (page === undefined) return undefined;
    const found = page.items.find((e) => e.id === requestId);
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, ledgerPauseMs));
  }
  return undefined;
}

/** What it cost, and the tokens where the answer did not say. */
const withEntry = (chat: Chat, entry: Entry): Chat => ({
  ...chat,
  cost: entry.cost_usd ?? undefined,
  promptTokens: chat.promptTokens ?? entry.prompt_tokens,
  completionTokens: chat.completionTokens ?? entry.completion_tokens,
});

async function readStream(response: Response, onPiece: (json: unknown) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    for (const data of events.push(part.value)) onPiece(JSON.parse(data));
  }
}

export function useChat() {
  const [chat, setChat] = useState<Chat>(idle);
  const abort = useRef<AbortController>(undefined);

  const ask = useCallback(async (model: string, question: Question, key: string): Promise<void> => {
    const controller = new AbortController();
    const began = performance.now();
    const since = (): number => performance.now() - began;
    const change = (part: Partial<Chat> | ((c: Chat) => Chat)): void => {
      if (abort.current === controller) setChat((c) => (typeof part === 'function' ? part(c) : { ...c, ...part }));
    };
    const take = (json: unknown): void =>
      change((c) => {
        const next = { ...c, ...withPiece(c, json) };
        const isFirst = c.firstMs === undefined && next.text + next.thoughts !== '';
        return isFirst ? { ...next, firstMs: since() } : next;
      });
    abort.current?.abort();
    abort.current = controller;
    setChat({ ...idle, state: 'asking' });
    try {
      const body = JSON.stringify(chatBody(model, question));
      const response = await callGateway({ path: '/v1/chat/completions', key, body, signal: controller.signal });
      const requestId = response.headers.get('x-request-id') ?? '';
      change({ requestId, provider: response.headers.get('x-sluice-provider') ?? '' });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      if (!response.ok) {
        const text = await response.text();
        change({ state: 'failed', totalMs: since(), error: explain(response.status, text) });
        return;
      }
      if (isStream) await readStream(response, take);
      else take(await response.json());
      change((c) => ({ ...c, state: c.error === '' ? 'done' : 'failed', totalMs: since() }));
      const entry = await entryOf(requestId);
      if (entry !== undefined) change((c) => withEntry(c, entry));
    } catch (e) {
      const isOurs = controller.signal.aborted;
      change({ state: isOurs ? 'cancelled' : 'failed', totalMs: since(), error: isOurs ? '' : String((e as Error).message) });
    }
  }, []);

  const cancel = useCallback(() => abort.current?.abort(), []);
  return { chat, ask, cancel };
}

function explain(status: number, text: string): string {
  try {
    return `${status}: ${errorText(JSON.parse(text)) || text}`;
  } catch {
    return `${status}: ${text.slice(0, 300)}`;
  }
}
