/** Several models, one question: answers side by side as they stream, with tokens, money and time. */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Button as AriaButton, Checkbox, FileTrigger } from 'react-aria-components';
import { useSearchParams } from 'wouter';
import { useMe } from '../api/resources.ts';
import { KeyInput } from '../components/key-input.tsx';
import { ModelInput } from '../components/model-input.tsx';
import { Snippets } from '../components/snippets.tsx';
import { Badge, Button, Note, TextField } from '../components/ui.tsx';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { type Picture, type Question, chatBody } from '../lib/chat.ts';
import { count, dollars, milliseconds } from '../lib/format.ts';
import { useGatewayAddress } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { useOffered } from '../lib/offered.ts';
import { chatSnippets } from '../lib/snippets.ts';
import { type Chat, useChat } from '../lib/use-chat.ts';

const modelsMax = 4;
const pictureBytesMax = 4 << 20;

const states: Record<Chat['state'], { text: TextKey; tone: 'plain' | 'good' | 'warn' | 'bad' }> = {
  idle: { text: 'playground.idle', tone: 'plain' },
  asking: { text: 'playground.asking', tone: 'warn' },
  done: { text: 'playground.done', tone: 'good' },
  failed: { text: 'playground.failed', tone: 'bad' },
  cancelled: { text: 'playground.cancelled', tone: 'plain' },
};

function Facts({ chat }: { chat: Chat }) {
  const { t, locale } = useLanguage();
  const speed =
    chat.completionTokens === undefined || chat.totalMs === undefined || chat.totalMs === 0
      ? undefined
      : (chat.completionTokens * 1000) / Math.max(1, chat.totalMs - (chat.firstMs ?? 0));
  const tokens = (n: number | undefined): string => (n === undefined ? '—' : count(n, locale));
  return (
    <dl className="numbers">
      <div>
        <dt>{t('playground.tokens.in')}</dt>
        <dd>{tokens(chat.promptTokens)}</dd>
      </div>
      <div>
        <dt>{t('playground.tokens.out')}</dt>
        <dd>{tokens(chat.completionTokens)}</dd>
      </div>
      <div>
        <dt>{t('playground.cost')}</dt>
        <dd>{dollars(chat.cost, locale)}</dd>
      </div>
      <div>
        <dt>{t('playground.first')}</dt>
        <dd>{milliseconds(chat.firstMs, locale)}</dd>
      </div>
      <div>
        <dt>{t('playground.total')}</dt>
        <dd>{milliseconds(chat.totalMs, locale)}</dd>
      </div>
      <div>
        <dt>{t('playground.speed')}</dt>
        <dd>{speed === undefined ? '—' : t('playground.speed.value', { n: count(Math.round(speed), locale) })}</dd>
      </div>
    </dl>
  );
}

interface ColumnProps {
  model: string;
  index: number;
  offered: string[];
  question: Question;
  round: number; // a new one asks
  stop: number; // a new one cancels
  onModel: (model: string) => void;
  onRemove: (() => void) | undefined;
  onState: (isAsking: boolean) => void;
}

function Column({ model, index, offered, question, round, stop, onModel, onRemove, onState }: ColumnProps) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  const { chat, ask, cancel } = useChat();
  const now = useRef({ model, question, key, onState });
  now.current = { model, question, key, onState };
  useEffect(() => {
    const q = now.current;
    if (round > 0 && q.model !== '') void ask(q.model, q.question, q.key);
  }, [round, ask]);
  useEffect(() => {
    if (stop > 0) cancel();
  }, [stop, cancel]);
  useEffect(() => now.current.onState(chat.state === 'asking'), [chat.state]);
  useEffect(() => cancel, [cancel]);
  const title = t('playground.model', { n: index + 1 });
  return (
    <section className="card answer" aria-label={title} aria-busy={chat.state === 'asking'}>
      <div className="answer-head">
        <ModelInput label={title} value={model} offered={offered} onChange={onModel} />
        {onRemove !== undefined && (
          <Button look="quiet" aria-label={t('form.remove', { what: title })} onPress={onRemove}>
            ✕
          </Button>
        )}
      </div>
      <p>
        <Badge tone={states[chat.state].tone}>{t(states[chat.state].text)}</Badge>{' '}
        {chat.provider !== '' && <span className="faint">{t('playground.by', { vendor: chat.provider })}</span>}
      </p>
      {chat.thoughts !== '' && (
        <details className="thoughts">
          <summary>{t('playground.thoughts')}</summary>
          <p>{chat.thoughts}</p>
        </details>
      )}
      {chat.error !== '' && <Note kind="error">{chat.error}</Note>}
      <div className="said" tabIndex={0} role="region" aria-label={t('playground.answer', { model })}>
        {chat.text === '' && chat.state === 'idle' ? <span className="faint">{t('playground.waiting')}</span> : chat.text}
      </div>
      <Facts chat={chat} />
      {chat.requestId !== '' && <p className="faint mono">{t('error.request', { id: chat.requestId })}</p>}
    </section>
  );
}

function readPicture(file: File): Promise<Picture> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({ name: file.name, url: String(reader.result) });
    reader.onerror = () => failed(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}

function Pictures({ pictures, onChange }: { pictures: readonly Picture[]; onChange: (p: Picture[]) => void }) {
  const { t } = useLanguage();
  const [tooLarge, setTooLarge] = useState('');
  const add = async (files: FileList | null): Promise<void> => {
    const chosen = [...(files ?? [])];
    const fitting = chosen.filter((f) => f.size <= pictureBytesMax);
    setTooLarge(chosen.find((f) => f.size > pictureBytesMax)?.name ?? '');
    onChange([...pictures, ...(await Promise.all(fitting.map(readPicture)))]);
  };
  return (
    <div className="field">
      <div className="chips">
        <FileTrigger acceptedFileTypes={['image/png', 'image/jpeg', 'image/webp', 'image/gif']} allowsMultiple onSelect={(f) => void add(f)}>
          <AriaButton className="button button-plain">{t('playground.picture')}</AriaButton>
        </FileTrigger>
        {pictures.map((p, i) => (
          <span className="chip" key={`${p.name}-${p.url.length}`}>
            {p.name}
            <Button look="quiet" aria-label={t('form.remove', { what: p.name })} onPress={() => onChange(pictures.filter((_, k) => k !== i))}>
              ✕
            </Button>
          </span>
        ))}
      </div>
      {tooLarge !== '' && <p className="field-error">{t('playground.picture.large', { name: tooLarge })}</p>}
    </div>
  );
}

function Parameters({ question, onChange }: { question: Question; onChange: (q: Question) => void }) {
  const { t } = useLanguage();
  const put = (part: Partial<Question>): void => onChange({ ...question, ...part });
  return (
    <details className="more">
      <summary>{t('playground.parameters')}</summary>
      <div className="columns">
        <TextField label={t('playground.temperature')} inputMode="decimal" value={question.temperature} onChange={(temperature) => put({ temperature })} placeholder="1" />
        <TextField label="Top p" inputMode="decimal" value={question.topP} onChange={(topP) => put({ topP })} placeholder="1" />
        <TextField label={t('playground.max')} inputMode="numeric" value={question.maxTokens} onChange={(maxTokens) => put({ maxTokens })} placeholder="1024" />
        <Checkbox className="checkbox" isSelected={question.streams} onChange={(streams) => put({ streams })}>
          <span className="box" aria-hidden="true" />
          <span>{t('playground.stream')}</span>
        </Checkbox>
      </div>
    </details>
  );
}

const empty: Question = { system: '', prompt: '', pictures: [], temperature: '', topP: '', maxTokens: '', streams: true };

export default function PlaygroundPage() {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [search, setSearch] = useSearchParams();
  const models = search.getAll('model').length > 0 ? search.getAll('model').slice(0, modelsMax) : [''];
  const [question, setQuestion] = useState<Question>({ ...empty, prompt: t('playground.example') });
  const [round, setRound] = useState(0);
  const [stop, setStop] = useState(0);
  const [asking, setAsking] = useState<ReadonlySet<number>>(new Set());
  const key = useGatewayKey();
  const offered = useOffered(key);
  const address = useGatewayAddress();
  const setModels = (list: string[]): void => setSearch(new URLSearchParams(list.map((m) => ['model', m])), { replace: true });
  const first = offered[0];
  useEffect(() => {
    if (first !== undefined && models.length === 1 && models[0] === '') setModels([first]);
  });
  const isAsking = asking.size > 0;
  const note = (i: number, is: boolean): void =>
    setAsking((set) => new Set(is ? [...set, i] : [...set].filter((k) => k !== i)));
  const isReady = key !== '' && question.prompt.trim() !== '' && models.some((m) => m !== '');
  const run = (e?: FormEvent): void => {
    e?.preventDefault();
    if (isReady && !isAsking) setRound((n) => n + 1);
  };
  return (
    <>
      <div className="head">
        <h1>{t('playground.title')}</h1>
      </div>
      <p className="faint">{t('playground.lead')}</p>
      <form className="card playground" onSubmit={run} onKeyDown={(e) => (e.ctrlKey || e.metaKey) && e.key === 'Enter' && run()}>
        <KeyInput me={me} />
        <div className="prompts">
          <TextField label={t('playground.system')} lines={4} value={question.system} onChange={(system) => setQuestion({ ...question, system })} placeholder={t('playground.system.example')} />
          <TextField label={t('playground.prompt')} lines={4} value={question.prompt} onChange={(prompt) => setQuestion({ ...question, prompt })} />
        </div>
        <Pictures pictures={question.pictures} onChange={(pictures) => setQuestion({ ...question, pictures })} />
        <Parameters question={question} onChange={setQuestion} />
        <div className="actions">
          <Button look="primary" type="submit" isDisabled={!isReady || isAsking}>
            {t('playground.run')} <kbd>Ctrl ↵</kbd>
          </Button>
          <Button isDisabled={!isAsking} onPress={() => setStop((n) => n + 1)}>
            {t('playground.cancel')}
          </Button>
          <Button isDisabled={models.length >= modelsMax} onPress={() => setModels([...models, ''])}>
            {t('playground.add')}
          </Button>
        </div>
        {key === '' && <p className="faint">{t('playground.needs.key')}</p>}
      </form>
      <div className="answers">
        {models.map((model, i) => (
          // biome-ignore lint: a place in the row is a column's identity
          <Column
            key={i}
            index={i}
            model={model}
            offered={offered}
            question={question}
            round={round}
            stop={stop}
            onModel={(m) => setModels(models.map((old, k) => (k === i ? m : old)))}
            onRemove={models.length === 1 ? undefined : () => setModels(models.filter((_, k) => k !== i))}
            onState={(is) => note(i, is)}
          />
        ))}
      </div>
      <section className="card">
        <h2>{t('playground.code')}</h2>
        <p className="faint">{t('playground.code.lead', { address })}</p>
        <Snippets snippets={chatSnippets(address, key === '' ? t('key.placeholder') : key, chatBody(models[0] || 'MODEL', question))} />
      </section>
    </>
  );
}
