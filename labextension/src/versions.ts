import manifest from '../package.json';

/** Version of this front end. */
export const FRONT_END_VERSION = manifest.version;

/**
 * Whether a version as Python writes it and one as npm writes it are the same.
 *
 * `1.2.0a1` and `1.2.0-alpha.1` are; what follows a `+` says where it was built and is left out.
 */
export function sameVersion(python: string, npm: string): boolean {
  return plain(python) === plain(npm);
}

function plain(version: string): string {
  return (version.toLowerCase().split('+')[0] ?? '')
    .replace(/alpha/, 'a')
    .replace(/beta/, 'b')
    .replace(/[-._]?(a|b|rc|dev|post)[-._]?/, '$1')
    .replace(/^v/, '');
}
