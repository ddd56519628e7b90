/** A change that is shown at once: put back with a message when it fails, and taken back when somebody says so. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNotices } from '../components/undo.tsx';
import { type Change, changeInCache } from './optimistic.ts';

interface Optimistic<A, R> {
  plural: string;
  key: string;
  change: (argument: A) => Change;
  run: (argument: A) => Promise<R>;
  said: (argument: A) => string; // when it is done
  undo?: (argument: A, answer: R) => Promise<unknown>;
}

export function useOptimistic<A, R>({ plural, key, change, run, said, undo }: Optimistic<A, R>) {
  const client = useQueryClient();
  const { offer, fail } = useNotices();
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['list', plural] });
    await client.invalidateQueries({ queryKey: ['one', plural] });
    await client.invalidateQueries({ queryKey: ['audit'] });
  };
  return useMutation({
    mutationFn: run,
    onMutate: async (argument) => {
      await client.cancelQueries({ queryKey: ['list', plural] }); // what was asked for before would overwrite it
      await client.cancelQueries({ queryKey: ['one', plural, key] });
      return changeInCache(client, plural, key, change(argument));
    },
    onError: (error, _argument, putBack) => {
      putBack?.();
      fail(key, error);
    },
    onSuccess: (answer, argument) => {
      if (undo !== undefined) offer({ text: said(argument), undo: () => undo(argument, answer).finally(refresh) });
    },
    onSettled: refresh,
  });
}
