/** What a role allows, as a table of nouns and verbs; wildcards and what stands in no table stay as they are. */
import { Checkbox } from 'react-aria-components';
import type { OpenApi } from '../api/openapi.ts';
import { useTitles } from '../components/shell.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { covers, permissionsOf, toggled } from '../lib/permissions.ts';

const common = ['read', 'create', 'update', 'delete'];

export function PermissionsInput({ doc, value, onChange }: { doc: OpenApi; value: string[]; onChange: (value: string[] | undefined) => void }) {
  const { t, maybe } = useLanguage();
  const word = (verb: string): string => maybe(`verb.${verb}`) ?? maybe(`action.${verb}`) ?? verb;
  const title = useTitles();
  const all = permissionsOf(doc);
  const change = (permission: string): void => {
    const next = toggled(value, permission, all);
    onChange(next.length === 0 ? undefined : next);
  };
  const box = (noun: string, verb: string, text?: string): React.ReactNode => (
    <Checkbox className="checkbox" isSelected={covers(value, `${noun}:${verb}`)} onChange={() => change(`${noun}:${verb}`)} aria-label={`${title(noun)}: ${word(verb)}`}>
      <span className="box" aria-hidden="true" />
      {text !== undefined && <span>{text}</span>}
    </Checkbox>
  );
  return (
    <div className="wide" tabIndex={0} role="region" aria-label={t('roles.matrix')}>
      <table className="matrix">
        <caption className="help">{t('roles.matrix.help')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('roles.noun')}</th>
            {common.map((v) => (
              <th scope="col" key={v}>
                {word(v)}
              </th>
            ))}
            <th scope="col">{t('roles.actions')}</th>
          </tr>
        </thead>
        <tbody>
          {[...all].map(([noun, verbs]) => (
            <tr key={noun}>
              <th scope="row">{title(noun)}</th>
              {common.map((v) => (
                <td key={v}>{verbs.includes(v) && box(noun, v)}</td>
              ))}
              <td className="matrix-actions">
                {verbs
                  .filter((v) => !common.includes(v))
                  .map((v) => (
                    <span key={v}>{box(noun, v, word(v))}</span>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
