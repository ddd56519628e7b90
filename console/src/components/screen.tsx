/** A screen that is a file of its own. One that is here already is shown without waiting for a moment. */
import { type ComponentType, lazy, useState } from 'react';
import type { Kept } from '../lib/kept.ts';

export function screen<Props extends object>(file: Kept<{ default: ComponentType<Props> }>): ComponentType<Props> {
  const Coming = lazy(file.fetch);
  return function Screen(props: Props) {
    const [Page] = useState<ComponentType<Props>>(() => file.here?.default ?? Coming); // the same as long as it is shown
    return <Page {...props} />;
  };
}
