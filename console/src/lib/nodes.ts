/** Which nodes serve a change: what GET /nodes tells, counted. No DOM in here. */

export interface NodeNow {
  id?: string;
  name?: string;
  change?: number; // that it serves
  state: 'serving' | 'behind' | 'refusing' | 'silent';
}

export interface NodesNow {
  items: NodeNow[];
  change: number; // the store's last
}

export interface Served {
  have: number;
  of: number;
  refusing: string[];
  silent: string[];
  isOver: boolean; // nothing more is to come of those that speak
}

/** What a node is called: its host, with its id where several nodes are on it. */
export function nameOfNode({ name, id = '?' }: Pick<NodeNow, 'name' | 'id'>, all: readonly Pick<NodeNow, 'name'>[]): string {
  if (name === undefined) return id;
  return all.filter((n) => n.name === name).length > 1 ? `${name} (${id})` : name;
}

export function servedBy(nodes: readonly NodeNow[], change: number): Served {
  const nameOf = (node: NodeNow): string => nameOfNode(node, nodes);
  const late = nodes.filter((n) => (n.change ?? 0) < change);
  const refusing = late.filter((n) => n.state === 'refusing').map(nameOf);
  const silent = late.filter((n) => n.state === 'silent').map(nameOf);
  return { have: nodes.length - late.length, of: nodes.length, refusing, silent, isOver: late.length === refusing.length + silent.length };
}
