import type { components } from './schema';

type Schemas = components['schemas'];

/** The workspace of a folder, and the server half's version. */
export type Workspace = Schemas['Workspace'];
/** A dataset by its latest version. */
export type Dataset = Schemas['Dataset'];
/** A version, as a list shows it. */
export type Version = Schemas['Version'];
/** Everything about a version. */
export type VersionDetails = Schemas['VersionDetails'];
/** What the table of a version holds, or why that is not told. */
export type VersionProfile = Schemas['VersionProfile'];
/** What a table holds, column by column. */
export type Profile = Schemas['Profile'];
/** What one column holds. */
export type ColumnProfile = Schemas['ColumnProfile'];
/** What a profile may cost: `little` takes about a second. */
export type Effort = 'little' | 'any';
/** A run with its inputs and outputs. */
export type Run = Schemas['Run'];
/** A version that a run read or made. */
export type Use = Schemas['Use'];
/** Everything about a run. */
export type RunDetails = Schemas['RunDetails'];
/** How a run was carried out that is no session. */
export type Job = Schemas['Job'];
/** A file that a run read or wrote, and that no version holds. */
export type Unregistered = Schemas['Unregistered'];
/** A version that another was made from, or that was made from it. */
export type Relative = Schemas['Relative'];
/** What leads to a run. */
export type Reader = Schemas['Reader'];
/** Which versions the outputs in a notebook's file were made from. */
export type Lock = Schemas['Lock'];
/** One version in a lock. */
export type Locked = Schemas['Locked'];
/** The lock of a kernel's run, and whether the workspace wants it written. */
export type LockAnswer = Schemas['LockAnswer'];

/** A part of a list that is too long to be sent at once. */
export interface Page<T> {
  readonly total: number;
  readonly offset: number;
  readonly items: readonly T[];
}

/** A dataset's name and a version's number: what a reference says. */
export interface Reference {
  readonly name: string;
  readonly version: number;
}

const CANONICAL = /^([A-Za-z0-9][A-Za-z0-9._-]{0,254})@([1-9][0-9]{0,15})$/;

/**
 * Read a canonical reference such as `weather_ds@2`.
 *
 * Only these are ever written into a cell: a registry is a file that anyone may have edited, and a
 * name with a line break in it would be code.
 *
 * @returns null when it is not one.
 */
export function parseReference(text: string): Reference | null {
  const match = CANONICAL.exec(text);
  return match ? { name: match[1] ?? '', version: Number(match[2]) } : null;
}
