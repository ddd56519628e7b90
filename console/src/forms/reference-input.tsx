/** A text that names another resource: offered are those there are, found by the server where they are many; anything may be typed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { faulty } from '../components/ui.tsx';
import {
  Button as AriaButton,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Text,
} from 'react-aria-components';
import { get, query } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { useSettled } from '../lib/use-settled.ts';

interface Offer {
  id: string;
  text: string;
}

/** Resources have a key, vendors an id and a name for people. */
function offerOf(item: Record<string, unknown>): Offer {
  const id = String(item['key'] ?? item['id'] ?? '');
  const name = item['key'] === undefined ? item['name'] : undefined;
  return { id, text: typeof name === 'string' ? `${id} — ${name}` : id };
}

interface Offered {
  items: Record<string, unknown>[];
  next_cursor?: string;
}

const firstOffers = 100;

/** The first of them; where there are more, also those whose name has what is typed. */
function useOffers(plural: string, typed: string): { offers: Offer[]; isLong: boolean } {
  const limit = plural.startsWith('catalogue/') ? undefined : firstOffers;
  const ask = (q: string) => ({
    queryKey: ['offers', plural, q],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Offered>(`/${plural}${query({ limit, q })}`, signal),
    staleTime: 10_000,
  });
  const first = useQuery(ask(''));
  const isLong = first.data?.next_cursor !== undefined;
  const found = useQuery({ ...ask(typed), enabled: isLong && typed !== '', placeholderData: keepPreviousData });
  const offers = [...(first.data?.items ?? []), ...(isLong ? (found.data?.items ?? []) : [])].map(offerOf);
  return { offers: [...new Map(offers.map((o) => [o.id, o])).values()], isLong };
}

export function ReferenceInput({
  plural,
  label,
  help,
  error,
  isRequired,
  value,
  onChange,
}: {
  plural: string;
  label: string;
  help: string;
  error: string | undefined;
  isRequired: boolean;
  value: string;
  onChange: (value: string | undefined) => void;
}) {
  const [typed, type] = useState('');
  const { t } = useLanguage();
  const { offers, isLong } = useOffers(plural, useSettled(typed, 200));
  return (
    <ComboBox
      className="field"
      defaultItems={offers}
      defaultInputValue={value}
      onInputChange={(text) => {
        type(text);
        onChange(text === '' ? undefined : text);
      }}
      allowsCustomValue
      allowsEmptyCollection={isLong} // stays open until what is typed is found
      isRequired={isRequired}
      {...faulty(error)}
    >
      <Label className="label">{label}</Label>
      <div className="combo">
        <Input className="input" />
        <AriaButton className="button button-quiet combo-button">
          <span aria-hidden="true">▾</span>
        </AriaButton>
      </div>
      {help !== '' && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox<Offer> className="listbox" renderEmptyState={() => <span className="option faint">{t('reference.none')}</span>}>
          {(offer) => (
            <ListBoxItem id={offer.id} textValue={offer.id} className="option">
              {offer.text}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
