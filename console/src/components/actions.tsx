/**
 * What can be done with a resource, as the server tells it: what its state waits for are buttons, the rest is
 * in a menu, and what is not possible now says why.
 */
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button as AriaButton, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useLocation } from 'wouter';
import type { Noun } from '../api/openapi.ts';
import { type Choice, may, type Resource, specOf, useCreate, useMe, useRemove } from '../api/resources.ts';
import { useActionTitle, useLanguage } from '../i18n/index.tsx';
import { arranged } from '../lib/actions.ts';
import { isUndoable } from '../lib/undoable.ts';
import type { ActionWindowProps } from './action-window.tsx';
import { useUndo } from './undo.tsx';
import { Button, DeleteQuestion } from './ui.tsx';

const Coming = lazy(() => import('./action-window.tsx'));

function ActionWindow(props: ActionWindowProps) {
  return (
    <Suspense fallback={null}>
      <Coming {...props} />
    </Suspense>
  );
}

interface Shown {
  noun: Noun;
  resource: Resource;
  etag: string | null;
}

function DeleteWindow({ noun, resource, etag, onClose }: Shown & { onClose: () => void }) {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  const remove = useRemove(noun.plural, resource.key);
  const again = useCreate(noun.plural);
  const offer = useUndo();
  const spec = specOf(resource);
  const isBack = isUndoable(noun.plural, spec);
  const gone = (): void => {
    navigate(`/${noun.plural}`);
    if (isBack) offer({ text: t('undo.deleted', { name: resource.key }), undo: () => again.mutateAsync({ ...spec, ...(resource.workspace === undefined ? {} : { workspace: resource.workspace }) }) });
  };
  return (
    <DeleteQuestion
      title={t('detail.delete.title', { name: resource.key })}
      text={t(isBack ? 'detail.delete.undoable' : 'detail.delete.text')}
      error={remove.error}
      isPending={remove.isPending}
      onDelete={() => remove.mutate(etag, { onSuccess: gone })}
      onClose={onClose}
    />
  );
}

function MoreMenu({ possible, refused, mayDelete, onChoose }: { possible: Choice[]; refused: Choice[]; mayDelete: boolean; onChoose: (name: string) => void }) {
  const { t, said } = useLanguage();
  const title = useActionTitle();
  const items = [...possible.map((c) => ({ id: c.name, text: title(c.name) })), ...(mayDelete ? [{ id: 'delete', text: t('detail.delete') }] : [])];
  return (
    <MenuTrigger>
      <AriaButton className="button button-plain">
        {t('detail.more')} <span aria-hidden="true">▾</span>
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <Menu className="listbox" onAction={(key) => onChoose(String(key))} disabledKeys={refused.map((c) => c.name)}>
          {items.map((item) => (
            <MenuItem key={item.id} id={item.id} textValue={item.text} className={item.id === 'delete' ? 'option option-danger' : 'option'}>
              {item.text}
            </MenuItem>
          ))}
          {refused.length > 0 && (
            <MenuSection>
              <Header className="option-header">{t('detail.refused')}</Header>
              {refused.map((c) => (
                <MenuItem key={c.name} id={c.name} textValue={title(c.name)} className="option">
                  {title(c.name)} <span className="help">{said(c.refused ?? '', c.refused_code)}</span>
                </MenuItem>
              ))}
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The window of the action that was chosen: where what chooses may go away while it runs, this is what stays. */
export function useActionWindow(noun: Noun | undefined, resource: Resource): [(name: string) => void, ReactNode] {
  const [chosen, setChosen] = useState<string>();
  const action = noun?.actions.find((a) => a.name === chosen);
  const window =
    noun === undefined || action === undefined ? null : <ActionWindow key={action.name} noun={noun} resource={resource} action={action} onClose={() => setChosen(undefined)} isBrief />;
  return [setChosen, window];
}

/** Some actions as buttons where they belong to; what is not possible now is not there. */
export function ActionButtons({ resource, names, onChoose }: { resource: Resource; names: readonly string[]; onChoose: (name: string) => void }) {
  const title = useActionTitle();
  const possible = (resource.actions ?? []).filter((c) => c.refused === undefined && names.includes(c.name));
  return names
    .flatMap((name) => possible.filter((c) => c.name === name))
    .map((c, i) => (
      <Button key={c.name} look={i === 0 && c.is_awaited === true ? 'primary' : 'plain'} onPress={() => onChoose(c.name)}>
        {title(c.name)}
      </Button>
    ));
}

export function Actions({ noun, resource, etag }: Shown) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const title = useActionTitle();
  const [chosen, setChosen] = useState<string>();
  const { first, rest, refused } = arranged(resource.actions ?? []);
  const mayDelete = noun.verbs.has('delete') && may(me, `${noun.plural}:delete`);
  const hasMenu = rest.length + refused.length > 0;
  const action = noun.actions.find((a) => a.name === chosen);
  const close = (): void => setChosen(undefined);
  return (
    <>
      {first.map((c, i) => (
        <Button key={c.name} look={i === 0 && c.is_awaited === true ? 'primary' : 'plain'} onPress={() => setChosen(c.name)}>
          {title(c.name)}
        </Button>
      ))}
      {hasMenu && <MoreMenu possible={rest} refused={refused} mayDelete={mayDelete} onChoose={setChosen} />}
      {!hasMenu && mayDelete && (
        <Button look="danger" onPress={() => setChosen('delete')}>
          {t('detail.delete')}
        </Button>
      )}
      {action !== undefined && <ActionWindow noun={noun} resource={resource} action={action} onClose={close} />}
      {chosen === 'delete' && <DeleteWindow noun={noun} resource={resource} etag={etag} onClose={close} />}
    </>
  );
}
