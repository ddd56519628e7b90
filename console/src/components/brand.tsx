/** Whose page this is: the program's own, or what the portal's operator made of it. */
import { createContext, type ReactNode, useContext } from 'react';
import { useLanguage } from '../i18n/index.tsx';

export interface Brand {
  logo: string;
  title?: string;
}

const Context = createContext<Brand>({ logo: '/sluice.svg' });

export function BrandProvider({ brand, children }: { brand: Brand; children: ReactNode }) {
  return <Context.Provider value={brand}>{children}</Context.Provider>;
}

export function useBrand(): Brand {
  return useContext(Context);
}

/** On pages that stand for themselves: the sign-in. */
export function DoorBrand() {
  const { t } = useLanguage();
  const brand = useBrand();
  const isOwn = brand.title !== undefined;
  return (
    <>
      <p className="brand">
        <img src={brand.logo} alt="" className="logo" width="22" height="22" /> {brand.title ?? t('app.name')}
      </p>
      {!isOwn && <p className="faint">{t('app.tagline')}</p>}
    </>
  );
}
