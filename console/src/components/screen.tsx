/** A screen that is a file of its own. One that is here already is shown without waiting for a moment. */
import { Component, type ComponentType, lazy, type ReactNode, useState } from 'react';
import type { Kept } from '../lib/kept.ts';
import { ErrorNote } from './ui.tsx';

/** A file that did not come, as without a network or when a newer program is served: the rest of the page stays, and says so. */
class Standing extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError = (error: unknown): { error: unknown } => ({ error });
  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : <ErrorNote error={error} onRetry={() => window.location.reload()} />;
  }
}

export function screen<Props extends object>(file: Kept<{ default: ComponentType<Props> }>): ComponentType<Props> {
  const Coming = lazy(file.fetch);
  return function Screen(props: Props) {
    const [Page] = useState<ComponentType<Props>>(() => file.here?.default ?? Coming); // the same as long as it is shown
    return (
      <Standing>
        <Page {...props} />
      </Standing>
    );
  };
}
