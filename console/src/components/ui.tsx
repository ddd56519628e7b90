/** The few controls of which all screens are made: react-aria's behaviour, our looks (theme.css). */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Dialog,
  FieldError,
  Heading,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import { useLanguage } from '../i18n/index.tsx';
import { copy } from '../lib/copy.ts';
import { adviceOf, asSentence, faultsOf, isOffline, mayRetry, requestOf } from '../lib/failures.ts';
import { placeOf } from '../lib/schema.ts';
import type { Paged } from './long.tsx';

export function Button({
  look = 'plain',
  ...props
}: AriaButtonProps & { look?: 'plain' | 'primary' | 'danger' | 'quiet' }) {
  return <AriaButton {...props} className={`button button-${look}`} />;
}

/** What the server has refused is shown and may be sent again: only the server knows whether it is good now. */
export const faulty = (error: string | undefined) =>
  ({ isInvalid: error !== undefined, validationBehavior: error === undefined ? 'native' : 'aria' }) as const;

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'children'> {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  placeholder?: string | undefined;
  lines?: number;
  isMono?: boolean;
}

export function TextField({ label, help, error, placeholder, lines, isMono, ...props }: TextFieldProps) {
  const looks = isMono === true ? 'input mono' : 'input';
  return (
    <AriaTextField {...props} {...faulty(error)} className="field">
      {label !== '' && <Label className="label">{label}</Label>}
      {lines === undefined ? (
        <Input className={looks} placeholder={placeholder ?? ''} />
      ) : (
        <TextArea className={looks} rows={lines} placeholder={placeholder ?? ''} spellCheck={false} />
      )}
      {help !== undefined && help !== '' && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

export interface Choice {
  id: string;
  text: string;
}

export function Select({
  label,
  help,
  error,
  choices,
  value,
  onChange,
  placeholder,
  isLabelHidden = false,
}: {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  choices: readonly Choice[];
  value: string | null;
  onChange: (id: string) => void;
  placeholder?: string;
  isLabelHidden?: boolean;
}) {
  return (
    <AriaSelect
      className="field"
      selectedKey={value}
      onSelectionChange={(key) => onChange(String(key))}
      {...faulty(error)}
      {...(placeholder === undefined ? {} : { placeholder })}
      {...(isLabelHidden ? { 'aria-label': label } : {})}
    >
      {!isLabelHidden && <Label className="label">{label}</Label>}
      <AriaButton className="input select">
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </AriaButton>
      {help !== undefined && help !== '' && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox items={choices} className="listbox">
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.text} className="option">
              {choice.text}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

/** A question, or news that must be seen. `onClose` is called however it is left. */
export function Window({
  title,
  isOpen,
  onClose,
  children,
  isDismissable = true,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isDismissable?: boolean;
}) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={isDismissable}
      isKeyboardDismissDisabled={!isDismissable}
    >
      <Modal className="window">
        <Dialog className="dialog">
          <Heading slot="title" className="window-title">
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

export function Note({ kind, children }: { kind: 'error' | 'good' | 'info' | 'warn'; children: ReactNode }) {
  return (
    <div className={`note note-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

const knockMs = 3000;

/** When nothing answered: again by itself as soon as something does. */
function useReturn(isGone: boolean, onReturn: (() => void) | undefined): void {
  const act = useRef(onReturn);
  act.current = onReturn;
  useEffect(() => {
    if (!isGone) return undefined;
    const knock = (): void => void fetch('/api/v1/me').then((answer) => answer.status < 500 && act.current?.(), () => undefined);
    const timer = setInterval(knock, knockMs);
    return () => clearInterval(timer);
  }, [isGone]);
}

/** What went wrong, in a sentence; what the server said about which field; and what can be done. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useLanguage();
  const { place, others } = faultsOf(error);
  useReturn(isOffline(error) && onRetry !== undefined, onRetry);
  const text = isOffline(error) ? t('error.offline') : error instanceof Error ? error.message : String(error);
  const advice = adviceOf(error);
  const request = requestOf(error);
  return (
    <Note kind="error">
      <p>
        <strong>
          {place === '' ? asSentence(text) : <><code>{place}</code> {asSentence(text, place)}</>}
        </strong>{' '}
        {advice !== undefined && t(advice)}
      </p>
      {others.length > 0 && (
        <ul>
          {others.map((e) => (
            <li key={e.pointer + e.detail}>
              {placeOf(e.pointer) !== '' && <code>{placeOf(e.pointer)}</code>} {e.detail}
            </li>
          ))}
        </ul>
      )}
      {request !== '' && <p className="faint">{t('error.request', { id: request })}</p>}
      {onRetry && mayRetry(error) && <Button onPress={onRetry}>{t('error.retry')}</Button>}
    </Note>
  );
}

/** The foot of a form in a window: what the server refused, and the two ways out. */
export function FormFoot({
  submit,
  error,
  isPending,
  isDisabled = false,
  onClose,
}: {
  submit: string;
  error: unknown;
  isPending: boolean;
  isDisabled?: boolean;
  onClose: () => void;
}) {
  const { t } = useLanguage();
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      <div className="actions">
        <Button look="primary" type="submit" isPending={isPending} isDisabled={isDisabled}>
          {submit}
        </Button>
        <Button onPress={onClose}>{t('common.cancel')}</Button>
      </div>
    </>
  );
}

/** Asked before something is gone, or cannot be taken back. `act`: what is done, in a word; left out: it is deleted. */
export function DeleteQuestion({
  title,
  text,
  act,
  error,
  isPending,
  onDelete,
  onClose,
}: {
  title: string;
  text: string;
  act?: string;
  error: unknown;
  isPending: boolean;
  onDelete: () => void;
  onClose: () => void;
}) {
  const { t } = useLanguage();
  return (
    <Window title={title} isOpen onClose={onClose}>
      <p>{text}</p>
      {error !== null && <ErrorNote error={error} />}
      <div className="actions">
        <Button look="danger" isPending={isPending} onPress={onDelete}>
          {act ?? t('detail.delete')}
        </Button>
        <Button onPress={onClose}>{t('common.cancel')}</Button>
      </div>
    </Window>
  );
}

export function Spinner() {
  const { t } = useLanguage();
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return isLate ? (
    <p className="spinner" role="status">
      {t('app.loading')}
    </p>
  ) : null;
}

/** `isPage`: there is nothing else, so that its title is the page's. */
export function Empty({ title, hint, children, isPage = false }: { title: string; hint?: string; children?: ReactNode; isPage?: boolean }) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className="empty">
      <Title className="empty-title">{title}</Title>
      {hint !== undefined && <p className="faint">{hint}</p>}
      {children}
    </div>
  );
}

export function Badge({ tone = 'plain', children }: { tone?: 'plain' | 'good' | 'warn' | 'bad'; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

export function CopyButton({ text }: { text: string }) {
  const { t } = useLanguage();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <Button
      look="quiet"
      onPress={() => void copy(text).then(() => setIsCopied(true))}
    >
      {isCopied ? t('detail.copied') : t('detail.copy')}
    </Button>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className="code">
      <figcaption>
        <span>{label}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}

/** `isActing`: the last cell of each row has what can be done. */
export function TableHead({ columns, isActing = true }: { columns: readonly string[]; isActing?: boolean }) {
  return (
    <thead>
      <tr>
        {columns.map((c) => (
          <th key={c} scope="col">
            {c}
          </th>
        ))}
        {isActing && <td />}
      </tr>
    </thead>
  );
}

/** Rows of facts, the last cell of each with what can be done. */
export function LogTable({ label, columns, children }: { label: string; columns: readonly string[]; children: ReactNode }) {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label={label}>
      <table className="log log-plain" aria-label={label}>
        <TableHead columns={columns} />
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Below a list, while there is more of it. */
export function More({ list }: { list: Paged }) {
  const { t } = useLanguage();
  if (!list.hasNextPage) return null;
  return (
    <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
      {t('requests.more')}
    </Button>
  );
}
