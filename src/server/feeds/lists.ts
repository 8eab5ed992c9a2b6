/** Lists that are joined to a feed: each is given or not, is kept as a blob, and stays until another comes. */
const listKinds = ['epss', 'kev', 'popular'] as const;
export type ListKind = (typeof listKinds)[number];
export type Lists<T> = Readonly<Record<ListKind, T | undefined>>;

export const noLists: Lists<never> = { epss: undefined, kev: undefined, popular: undefined };

/** `make` is asked for those that are there. */
export async function mapLists<T, U>(
  lists: Partial<Lists<T>>,
  make: (value: T, kind: ListKind) => U | undefined | Promise<U | undefined>,
): Promise<Lists<U>> {
  const made: Record<ListKind, U | undefined> = { ...noLists };
  for (const kind of listKinds) {
    const value = lists[kind];
    if (value !== undefined) made[kind] = await make(value, kind);
  }
  return made;
}

/** As the optional fields of a record. */
export function given<T>(lists: Lists<T>): { readonly [kind in ListKind]?: T } {
  return Object.fromEntries(
    listKinds.flatMap((kind) => (lists[kind] === undefined ? [] : [[kind, lists[kind]]])),
  );
}

export function valuesOf<T>(lists: Partial<Lists<T>>): readonly T[] {
  return listKinds.flatMap((kind) => lists[kind] ?? []);
}
