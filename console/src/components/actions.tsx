/**
 * What can be done with a resource, as the server tells it: what its state waits for are buttons, the rest is
 * in a menu, and what is not possible now says why.
 */
import { type FormEvent, useState } from 'react';
import { Button as AriaButton, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useLocation } from 'wouter';
import { Problem } from '../api/client.ts';
import type { Action, Noun } from '../api/openapi.ts';
import { type Choice, may, type Resource, specOf, useAction, useCreate, useDescription, useMe, useRemove } from '../api/resources.ts';
import { SchemaFields } from '../forms/schema-form.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { arranged } from '../lib/actions.ts';
import { isUndoable } from '../lib/undoable.ts';
import { toYaml } from '../lib/yaml.ts';
import { useUndo } from './undo.tsx';
import { SecretWindow, secretOf } from './secret-window.tsx';
import { Button, Code, DeleteQuestion, ErrorNote, Note, Window } from './ui.tsx';

interface Shown {
  noun: Noun;
  resource: Resource;
  etag: string | null;
}

function useActionTitle(): (name: string) => string {
  const { maybe } = useLanguage();
  return (name) => maybe(`action.${name}`) ?? titleOf(name);
}

interface ActionWindowProps {
  noun: Noun;
  resource: Resource;
  action: Action;
  onClose: () => void;
  isBrief?: boolean; // what is behind it shows what was done
}

function ActionWindow({ noun, resource, action, onClose, isBrief = false }: ActionWindowProps) {
  const { t } = useLanguage();
  const { help } = useFormTexts();
  const { data: doc } = useDescription();
  const [body, setBody] = useState<Record<string, unknown>>({});
  const run = useAction(noun.plural, resource.key, action.name);
  const title = useActionTitle()(action.name);
  const secret = secretOf(run.data);
  const isQuery = run.data !== undefined && run.data['id'] === undefined;
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate(body, isBrief ? { onSuccess: onClose } : {});
  };
  return (
    <>
      <Window title={`${title}: ${resource.key}`} isOpen={secret === undefined} onClose={onClose}>
        <p className="faint">{help(action.summary)}</p>
        <form className="form" onSubmit={submit}>
          {doc !== undefined && action.body !== undefined && !run.isSuccess && (
            <SchemaFields
              doc={doc}
              schema={action.body}
              isShort
              value={body}
              onChange={setBody}
              errors={run.error instanceof Problem ? run.error.errors : []}
            />
          )}
          {run.error !== null && <ErrorNote error={run.error} />}
          {run.isSuccess && <Note kind="good">{t('common.done', { what: title })}</Note>}
          {isQuery && <Code label={title} text={toYaml(run.data)} />}
          <div className="actions">
            {!run.isSuccess && (
              <Button look="primary" type="submit" isPending={run.isPending}>
                {t('common.run')}
              </Button>
            )}
            <Button onPress={onClose}>{t('common.close')}</Button>
          </div>
        </form>
      </Window>
      <SecretWindow secret={secret} onClose={onClose} />
    </>
  );
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

/** Some actions as buttons where they belong to; what is not possible now is not there. */
export function ActionButtons({ noun, resource, names }: Omit<Shown, 'etag'> & { names: readonly string[] }) {
  const title = useActionTitle();
  const [chosen, setChosen] = useState<string>();
  const possible = (resource.actions ?? []).filter((c) => c.refused === undefined && names.includes(c.name));
  const action = noun.actions.find((a) => a.name === chosen);
  return (
    <>
      {names.flatMap((name) => possible.filter((c) => c.name === name)).map((c, i) => (
        <Button key={c.name} look={i === 0 && c.is_awaited === true ? 'primary' : 'plain'} onPress={() => setChosen(c.name)}>
          {title(c.name)}
        </Button>
      ))}
      {action !== undefined && <ActionWindow noun={noun} resource={resource} action={action} onClose={() => setChosen(undefined)} isBrief />}
    </>
  );
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
