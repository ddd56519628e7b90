/** A text with variables, which are seen as they are written: known ones, and those that are none. */
import { Label, Text, TextArea, TextField } from 'react-aria-components';
import { piecesOf } from '../lib/prompts.ts';
import { faulty } from './ui.tsx';

export function TemplateInput({
  label,
  help,
  error,
  value,
  known,
  onChange,
}: {
  label: string;
  help: string;
  error: string | undefined;
  value: string;
  known: ReadonlySet<string>;
  onChange: (text: string) => void;
}) {
  return (
    <TextField className="field field-wide" value={value} onChange={onChange} {...faulty(error)}>
      <Label className="label">{label}</Label>
      <div className="template">
        <div className="template-back mono" aria-hidden="true">
          {piecesOf(value).map((p, i) =>
            p.name === undefined ? (
              p.text
            ) : (
              <mark key={i} className={known.has(p.name) ? 'variable' : 'variable variable-unknown'}>
                {p.text}
              </mark>
            ),
          )}
          {'\n'}
        </div>
        <TextArea className="input mono" spellCheck={false} />
      </div>
      <Text slot="description" className="help">
        {help}
      </Text>
      {error !== undefined && <p className="field-error">{error}</p>}
    </TextField>
  );
}
