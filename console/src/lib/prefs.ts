/** What one browser remembers: colours. */
import { useEffect, useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const stored = 'sluice.theme';

export function initialTheme(): Theme {
  const wish = localStorage.getItem(stored);
  return wish === 'light' || wish === 'dark' ? wish : 'system';
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(initialTheme);
  useEffect(() => {
    localStorage.setItem(stored, theme);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return [theme, setTheme];
}
