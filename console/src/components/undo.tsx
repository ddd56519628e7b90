/** What was just done and can be taken back: offered for a moment at the foot of the page, whichever page that is. */
import { useMutation } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useLanguage } from '../i18n/index.tsx';
import { Button, ErrorNote } from './ui.tsx';

interface Offer {
  text: string;
  undo: () => Promise<unknown>;
}

const offeredMs = 20_000;

const Context = createContext<(offer: Offer) => void>(() => undefined);

/** Call it when something is done. Another offer takes the place of the one before. */
export function useUndo(): (offer: Offer) => void {
  return useContext(Context);
}

function Offered({ offer, onEnd }: { offer: Offer; onEnd: () => void }) {
  const { t } = useLanguage();
  const undo = useMutation({ mutationFn: offer.undo, onSuccess: onEnd });
  const isQuiet = undo.isIdle; // what failed stays to be read
  useEffect(() => {
    if (!isQuiet) return;
    const timer = setTimeout(onEnd, offeredMs);
    return () => clearTimeout(timer);
  }, [isQuiet, onEnd]);
  return (
    <section className="undo" aria-label={t('undo.title')}>
      <span role="status">{offer.text}</span>
      <Button isPending={undo.isPending} onPress={() => undo.mutate()}>
        {t('undo')}
      </Button>
      <Button look="quiet" aria-label={t('common.close')} onPress={onEnd}>
        ✕
      </Button>
      {undo.error !== null && <ErrorNote error={undo.error} />}
    </section>
  );
}

export function UndoProvider({ children }: { children: ReactNode }) {
  const [offer, setOffer] = useState<Offer>();
  const end = useMemo(() => () => setOffer(undefined), []);
  return (
    <Context.Provider value={setOffer}>
      {children}
      {offer !== undefined && <Offered key={offer.text} offer={offer} onEnd={end} />}
    </Context.Provider>
  );
}
