/** Views of analytics that one browser remembers, by name: each is the query string of its address. */
const stored = 'sluice.views';

export interface View {
  name: string;
  search: string;
}

export function readViews(): View[] {
  try {
    const views: unknown = JSON.parse(localStorage.getItem(stored) ?? '[]');
    return Array.isArray(views) ? views.filter((v) => typeof v?.name === 'string' && typeof v?.search === 'string') : [];
  } catch {
    return [];
  }
}

/** One of the same name is replaced. */
export function saveView(view: View): View[] {
  const views = [...readViews().filter((v) => v.name !== view.name), view].sort((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(stored, JSON.stringify(views));
  return views;
}

export function removeView(name: string): View[] {
  const views = readViews().filter((v) => v.name !== name);
  localStorage.setItem(stored, JSON.stringify(views));
  return views;
}
