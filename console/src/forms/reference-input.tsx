/** A text that names another resource: offered are those there are; anything may be typed. */
import { useQuery } from '@tanstack/react-query';
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
  const limit = plural.startsWith('catalogue/') ? undefined : 100;
  const { data } = useQuery({
    queryKey: ['offers', plural],
    queryFn: ({ signal }) =>
      get<{ items: Record<string, unknown>[] }>(`/${plural}${query({ limit })}`, signal),
    staleTime: 10_000,
  });
  const offers = (data?.items ?? []).map(offerOf);
  return (
    <ComboBox
      className="field"
      defaultItems={offers}
      defaultInputValue={value}
      onInputChange={(text) => onChange(text === '' ? undefined : text)}
      allowsCustomValue
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
        <ListBox<Offer> className="listbox">
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
