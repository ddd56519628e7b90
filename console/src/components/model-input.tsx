import { Button as AriaButton, ComboBox, FieldError, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import { faulty } from './ui.tsx';

/** A model by name: one of those that are offered, or any other, as `account/model` is. */
export function ModelInput({
  label,
  value,
  offered,
  onChange,
  error,
}: {
  label: string;
  value: string;
  offered: string[];
  onChange: (model: string) => void;
  error?: string | undefined;
}) {
  return (
    <ComboBox
      className="field"
      defaultItems={offered.map((id) => ({ id }))}
      inputValue={value}
      onInputChange={onChange}
      allowsCustomValue
      menuTrigger="focus"
      {...faulty(error)}
    >
      <Label className="label">{label}</Label>
      <div className="combo">
        <Input className="input" placeholder="gpt-4o-mini" />
        <AriaButton className="button button-quiet combo-button">
          <span aria-hidden="true">▾</span>
        </AriaButton>
      </div>
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox<{ id: string }> className="listbox">
          {({ id }) => (
            <ListBoxItem id={id} textValue={id} className="option">
              {id}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
