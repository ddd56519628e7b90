/**
 * What was just done and can be taken back, or was shown too early and failed after all: told for a moment at the foot
 * of the page, whichever page that is.
 */
import { useMutation } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useLanguage } from '../i18n/index.tsx';
import { Button, ErrorNote } from './ui.tsx';

interface Offer {
  text: string;
  undo: () => Promise<unknown>;
  /** What cannot be taken back waits: done when nobody has taken it back in time. */
  after?: () => Promise<unknown>;
}

interface Failure {
  what: string;
  error: unknown;
}

interface Notices {
  /** Another offer takes the place of the one before, which is then settled. */
  offer: (offer: Offer) => void;
  fail: (what: string, error: unknown) => void;
  /** What waits is done now. */
  settle: () => void;
}

const offeredMs = 20_000;
const waitedMs = 8_000; // of what waits for it

const Context = createContext<Notices>({ offer: () => undefined, fail: () => undefined, settle: () => undefined });

export function useNotices(): Notices {
  return useContext(Context);
}

/** Call it when something is done. */
export function useUndo(): (offer: Offer) => void {
  return useNotices().offer;
}

function Offered({ offer, onUndo, onEnd }: { offer: Offer; onUndo: () => void; onEnd: () => void }) {
  const { t } = useLanguage();
  const undo = useMutation({ mutationFn: offer.undo, onMutate: onUndo, onSuccess: onEnd });
  const isQuiet = undo.isIdle; // what failed stays to be read
  useEffect(() => {
    if (!isQuiet) return;
    const timer = setTimeout(onEnd, offer.after === undefined ? offeredMs : waitedMs);
    return () => clearTimeout(timer);
  }, [isQuiet, onEnd, offer]);
  return (
    <section className="undo" aria-label={t('undo.title')}>
      <span role="status">{offer.text}</span>
      <Button isPending={undo.isPending} onPress={() => undo.mutate()}>
        {t('undo')}
      </Button>
      <Button look="quiet" aria-label={t('undo.dismiss')} onPress={onEnd}>
        ✕
      </Button>
      {undo.error !== null && <ErrorNote error={undo.error} />}
    </section>
  );
}

function Failed({ failure, onEnd }: { failure: Failure; onEnd: () => void }) {
  const { t } = useLanguage();
  return (
    <section className="undo" aria-label={t('undo.failed', { what: failure.what })}>
      <span>{t('undo.failed', { what: failure.what })}</span>
      <Button look="quiet" aria-label={t('undo.dismiss')} onPress={onEnd}>
        ✕
      </Button>
      <ErrorNote error={failure.error} />
    </section>
  );
}

export function UndoProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ n: number; offer: Offer }>();
  const [failure, setFailure] = useState<Failure>();
  const open = useRef<Offer>(undefined); // that nobody has taken back yet
  const count = useRef(0);
  const { settle, end, notices } = useMemo(() => {
    const fail = (what: string, error: unknown): void => setFailure({ what, error });
    const settle = (): void => {
      const offer = open.current;
      open.current = undefined;
      offer?.after?.().catch((error: unknown) => fail(offer.text, error));
    };
    const end = (): void => {
      settle();
      setShown(undefined);
    };
    const offer = (next: Offer): void => {
      settle();
      open.current = next;
      setFailure(undefined);
      setShown({ n: ++count.current, offer: next });
    };
    const settleNow = (): void => {
      if (open.current?.after !== undefined) end();
    };
    return { settle, end, notices: { offer, fail, settle: settleNow } };
  }, []);
  useEffect(() => {
    window.addEventListener('pagehide', settle);
    return () => {
      window.removeEventListener('pagehide', settle);
      settle();
    };
  }, [settle]);
  return (
    <Context.Provider value={notices}>
      {children}
      {shown !== undefined && <Offered key={shown.n} offer={shown.offer} onUndo={() => (open.current = undefined)} onEnd={end} />}
      {shown === undefined && failure !== undefined && <Failed failure={failure} onEnd={() => setFailure(undefined)} />}
    </Context.Provider>
  );
}
