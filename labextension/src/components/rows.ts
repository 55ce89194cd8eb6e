import type { Catalogue } from '../catalogue';
import type { Dataset, Version } from '../records';

/** A line of the list: a dataset or model, a version of it, or one whose page is not here. */
export type Row =
  | {
      readonly kind: 'dataset';
      readonly key: string;
      readonly index: number;
      readonly dataset: Dataset;
    }
  | {
      readonly kind: 'version';
      readonly key: string;
      readonly index: number;
      readonly name: string;
      readonly version: Version;
    }
  | {
      readonly kind: 'blank';
      readonly key: string;
      readonly index: number;
      readonly name: string | null;
    };

/** The lines of the list in order; space is kept for what is not here yet. */
export function rowsOf(catalogue: Catalogue): Row[] {
  const { list } = catalogue;
  const rows: Row[] = [];
  for (let index = 0; index < (list.total ?? 0); index++) {
    const dataset = list.at(index);
    if (dataset === undefined) {
      rows.push({ kind: 'blank', key: `?${index}`, index, name: null });
      continue;
    }
    const { name } = dataset;
    rows.push({ kind: 'dataset', key: datasetKey(name), index, dataset });
    const versions = catalogue.versionsOf(name);
    if (versions === undefined) {
      continue;
    }
    const count = versions.total ?? dataset.versions;
    for (let place = 0; place < count; place++) {
      const version = versions.at(place);
      rows.push(
        version
          ? { kind: 'version', key: versionKey(version.ref), index: place, name, version }
          : { kind: 'blank', key: `?${name}@${place}`, index: place, name }
      );
    }
  }
  return rows;
}

/** Key of a dataset's line. */
export const datasetKey = (name: string) => `d:${name}`;

/** Key of a version's line. */
export const versionKey = (ref: string) => `v:${ref}`;

/** Ask for what the lines in sight lack. */
export function needRows(catalogue: Catalogue, rows: readonly Row[]): void {
  const spans = new Map<string | null, [number, number]>();
  for (const row of rows) {
    const owner = row.kind === 'dataset' ? null : row.name;
    const span = spans.get(owner);
    spans.set(owner, span ? [span[0], row.index] : [row.index, row.index]);
  }
  for (const [owner, [first, last]] of spans) {
    const list = owner === null ? catalogue.list : catalogue.versionsOf(owner);
    void list?.need(first, last);
  }
}
