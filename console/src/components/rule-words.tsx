/** The conditions of a rule of a model route, in words. */
import { useFormTexts } from '../i18n/forms.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { conditionsOfRule, type Rule } from '../lib/model-rules.ts';
import { Badge } from './ui.tsx';

export function RuleWords({ rule }: { rule: Rule }) {
  const { t, maybe } = useLanguage();
  const texts = useFormTexts();
  return (
    <>
      {conditionsOfRule(rule).map(({ member, texts: said, joint }) => (
        <Badge key={member}>
          {maybe(`when.${member}`) ?? maybe(`field.${member}`) ?? texts.label(member) ?? titleOf(member)}: {said.map((text) => maybe(`need.${text}`) ?? text).join(` ${t(`rules.${joint}`)} `)}
        </Badge>
      ))}
    </>
  );
}
