/** The portal's colours as the tokens of theme.css. No DOM in here. */
export interface Colours {
  accent?: string;
  accent_dark?: string;
}

/** The server has checked the contrast to every ground (control/look); the soft one is a tenth of the colour. */
export function colourTokens({ accent, accent_dark: dark }: Colours): Record<string, string> {
  if (accent === undefined && dark === undefined) return {};
  return {
    ...(accent === undefined ? {} : { '--accent-light': accent }),
    ...(dark === undefined ? {} : { '--accent-dark': dark }),
    '--accent-tint': 'color-mix(in srgb, var(--accent) 10%, var(--surface))',
  };
}

export const logoBytesMax = 65_536;
export const logoTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/svg+xml'];
