/**
 * What forms show of the API's own description, in the language of the program: helps and summaries by their English
 * text, so that one that changes is English again and never wrong; names of members and choices by themselves. Read with
 * the first form. What is not in it stays as the server has it.
 */
import { useQuery } from '@tanstack/react-query';
import { useLanguage } from './index.tsx';
import { idOf } from './languages.ts';

type TextsByKey = Readonly<Record<string, string>>;

interface Table {
  helps: TextsByKey;
  labels: TextsByKey; // by the member's name, where there is no text `field.NAME`; by `group.name`, where it means another thing there
  choices: TextsByKey; // by `member.value`
  policies: TextsByKey; // by type
}

const nothing: Table = { helps: {}, labels: {}, choices: {}, policies: {} };

const tables = Object.entries(import.meta.glob<{ default: Table }>('./forms.*.json'));

export interface FormTexts {
  help: (english: string | undefined) => string;
  label: (member: string) => string | undefined;
  /** Of a member that means another thing in the group at this pointer. */
  labelAt: (at: string, member: string) => string | undefined;
  /** "month — 每月": what is written, and what it means. */
  choice: (member: string, value: string) => string;
  /** The same for those who only read: "每月". */
  meaning: (member: string, value: string) => string;
  policy: (type: string) => string | undefined;
}

/** "/routes/0/policies/1" -> "policies" */
const groupOf = (at: string): string => at.split('/').findLast((step) => !/^\d*$/.test(step)) ?? '';

export function formTextsOf({ helps, labels, choices, policies }: Table): FormTexts {
  return {
    help: (english = '') => (helps[english] ?? english).replaceAll('`', ''),
    label: (member) => labels[member],
    labelAt: (at, member) => labels[`${groupOf(at)}.${member}`],
    choice: (member, value) => {
      const text = choices[`${member}.${value}`];
      return text === undefined ? value : `${value} — ${text}`;
    },
    meaning: (member, value) => choices[`${member}.${value}`] ?? value,
    policy: (type) => policies[type],
  };
}

const asServed = formTextsOf(nothing);

export function useFormTexts(): FormTexts {
  const { id } = useLanguage();
  const load = tables.find(([path]) => idOf(path) === id)?.[1];
  const { data } = useQuery({
    queryKey: ['form texts', id],
    enabled: load !== undefined,
    queryFn: async () => (await load?.())?.default ?? nothing,
    networkMode: 'always',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    select: formTextsOf,
  });
  return data ?? asServed;
}
